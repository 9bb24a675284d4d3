import type { Port } from '../../core/net/port.ts';
import type { Millis } from '../../core/net/time.ts';
import type { Destination } from './destination.ts';
import { type PortAnswer, PortProbe } from './port-probe.ts';

/**
 * Starts one connection at each of these times (the first is 0) and resolves to the first that is established.
 * Otherwise resolves to the last answer: at once if no more can come, else after `patience`.
 */
export async function firstConnection(
  to: Destination,
  port: Port,
  starts: readonly Millis[],
  patience: Millis,
): Promise<PortAnswer> {
  const probe = new PortProbe(to, port);
  probe.ask(starts);
  const answer = await probe.within(patience);
  probe.close();
  return answer;
}

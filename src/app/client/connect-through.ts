import { type RelayEnd, relay } from '../../host/network/relay.ts';
import type { Reached, ReachRequest } from './address-result.ts';
import { reach } from './reach.ts';

const STDIN = 0;
const STDOUT = 1;

export type Connected = RelayEnd | Exclude<Reached, { kind: 'open' }>;

/** Knocks until the port is open, then copies data between it and standard input and output until both ends close. */
export async function connectThrough(
  request: ReachRequest,
  onStep: (line: string) => void,
): Promise<Connected> {
  const reached = await reach(request, onStep);
  if (reached.kind !== 'open') return reached;
  onStep('connected');
  reached.socket.setKeepAlive(true);
  return relay(reached.socket, STDIN, STDOUT);
}

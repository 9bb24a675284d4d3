import type { Finding } from '../../core/doctor/finding.ts';
import type { DaemonSelector } from '../ask/ask-daemon.ts';
import { judgeMachine } from './judge-machine.ts';

/** Everything that commonly goes wrong on the daemon's host. It only looks, and changes nothing. */
export async function examine(choice: DaemonSelector): Promise<readonly Finding[]> {
  const machine = await judgeMachine();
  // All the rest needs native code, if only to list the interfaces.
  if (machine.some(({ id, verdict }) => id === 'library-koffi' && verdict !== 'ok')) return machine;
  const { examineHost } = await import('./examine-host.ts');
  return [...machine, ...(await examineHost(choice))];
}

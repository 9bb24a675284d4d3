import type { Finding } from '../../core/doctor/finding.ts';
import type { DaemonSelector } from '../ask/ask-daemon.ts';
import { judgeMachine } from './judge-machine.ts';

/** Checks for everything that commonly goes wrong on the daemon's host. Read-only. */
export async function examine(choice: DaemonSelector): Promise<readonly Finding[]> {
  const machine = await judgeMachine();
  // All other checks need native code, at least to list the interfaces.
  if (machine.some(({ id, verdict }) => id === 'library-koffi' && verdict !== 'ok')) return machine;
  const { examineHost } = await import('./examine-host.ts');
  return [...machine, ...(await examineHost(choice))];
}

import { readFileSync } from 'node:fs';
import { type Address, parseAddress, unmapped } from '../../core/net/address.ts';

/** BOUNDED: parents that are looked at; between a shell and a command of its there are few. */
const MAX_PARENTS = 16;

/**
 * From where the person at the keyboard is connected by ssh: SSH_CONNECTION (ssh(1)) of this process or, as sudo(8) drops
 * it, of the nearest of its parents that has it and may be read. `undefined` where there is none.
 */
export function sshPeer(environment: Readonly<Record<string, string | undefined>>): Address | undefined {
  let connection = environment.SSH_CONNECTION;
  let pid = process.ppid;
  for (let looked = 0; connection === undefined && pid > 1 && looked < MAX_PARENTS; looked++) {
    try {
      connection = /(?:^|\0)SSH_CONNECTION=([^\0]*)/.exec(
        readFileSync(`/proc/${pid}/environ`, 'latin1'),
      )?.[1];
      // proc_pid_stat(5): the parent stands behind the name, which may have anything in it, and the state.
      pid = Number(/^.*\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1] ?? 0);
    } catch {
      return undefined;
    }
  }
  const address = parseAddress(connection?.split(/[ %]/, 1)[0] ?? '');
  return address === undefined ? undefined : unmapped(address);
}

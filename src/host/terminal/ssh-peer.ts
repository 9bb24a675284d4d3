import { readFileSync } from 'node:fs';
import { type Address, parseAddress, unmapped } from '../../core/net/address.ts';

/** BOUNDED: ancestors examined. There are few between a shell and its command. */
const MAX_PARENTS = 16;

/**
 * The address that the user of this terminal is connected from by ssh: SSH_CONNECTION (ssh(1)) of this process or,
 * since sudo(8) removes it, of the nearest readable ancestor that has it. `undefined`: there is none.
 */
export function sshPeer(environment: Readonly<Record<string, string | undefined>>): Address | undefined {
  let connection = environment.SSH_CONNECTION;
  let pid = process.ppid;
  for (let looked = 0; connection === undefined && pid > 1 && looked < MAX_PARENTS; looked++) {
    try {
      connection = /(?:^|\0)SSH_CONNECTION=([^\0]*)/.exec(
        readFileSync(`/proc/${pid}/environ`, 'latin1'),
      )?.[1];
      // proc_pid_stat(5): the parent's pid follows the name, which may contain anything, and the state.
      pid = Number(/^.*\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1] ?? 0);
    } catch {
      return undefined;
    }
  }
  const address = parseAddress(connection?.split(/[ %]/, 1)[0] ?? '');
  return address === undefined ? undefined : unmapped(address);
}

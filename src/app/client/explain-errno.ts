import { getSystemErrorMessage } from 'node:util';

/** What an errno means for somebody who knocks, and what to do about it. */
const REMEDIES: Readonly<Record<string, string>> = {
  ENETUNREACH: 'see `ip route`: there is no route to it',
  EHOSTUNREACH: 'see `ip route`: the route to it says unreachable',
  EACCES: 'a route or rule of this machine forbids it, or it is a broadcast address',
  EPERM: 'the firewall of this machine drops it, or the process lacks the capability CAP_NET_RAW',
  ENODEV: 'see `ip link` for the names of the interfaces',
  EINVAL: 'a link-local address needs its interface: fe80::1%eth0, or --interface eth0',
};

/** `what` has failed: the error's name, its meaning and the remedy. */
export function explainErrno(what: string, code: string, errno: number): string {
  const remedy = REMEDIES[code];
  const meaning = getSystemErrorMessage(-Math.abs(errno));
  return `${what} (${meaning}${remedy === undefined ? '' : `; ${remedy}`})`;
}

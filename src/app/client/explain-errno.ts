import { getSystemErrorMessage } from 'node:util';
import { PLATFORM, type Platform } from '../../host/platform/platform.ts';

/** Commands that show the routes and the interfaces. */
type Commands = { readonly routes: string; readonly interfaces: string; readonly example: string };

const LINUX: Commands = { routes: 'ip route', interfaces: 'ip link', example: 'eth0' };
const WINDOWS: Commands = {
  routes: 'route print',
  interfaces: 'netsh interface show interface',
  example: '12',
};
const BSD: Commands = { routes: 'netstat -rn', interfaces: 'ifconfig', example: 'en0' };

const commandsOf = (platform: Platform): Commands =>
  platform === 'linux' ? LINUX : platform === 'win32' ? WINDOWS : BSD;

/** What an errno means for the user of a client, and what to do. */
function remedyOf(code: string, platform: Platform): string | undefined {
  const { routes, interfaces, example } = commandsOf(platform);
  const isLinux = platform === 'linux';
  const remedies: Readonly<Record<string, string>> = {
    ENETUNREACH: `see \`${routes}\`: there is no route to it`,
    EHOSTUNREACH: `see \`${routes}\`: the route to it says unreachable`,
    EACCES: 'a route or rule of this machine forbids it, or it is a broadcast address',
    EPERM: `the firewall of this machine drops it${isLinux ? ', or the process lacks the capability CAP_NET_RAW' : ''}`,
    ENODEV: `see \`${interfaces}\` for the names of the interfaces`,
    EINVAL: `a link-local address needs its interface: fe80::1%${example}${isLinux ? ', or --interface eth0' : ''}`,
  };
  return remedies[code];
}

/** Says that `what` failed, with the error's name, its meaning and the remedy. */
export function explainErrno(
  what: string,
  code: string,
  errno: number,
  platform: Platform = PLATFORM,
): string {
  const remedy = remedyOf(code, platform);
  const meaning = getSystemErrorMessage(-Math.abs(errno));
  return `${what} (${meaning}${remedy === undefined ? '' : `; ${remedy}`})`;
}

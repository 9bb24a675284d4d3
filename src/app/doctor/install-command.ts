import { findProgram } from '../../host/files/find-program.ts';

/** Package names on Debian and elsewhere. */
const NAMES = {
  'libpcap0.8': { dnf: 'libpcap', zypper: 'libpcap1', apk: 'libpcap', pacman: 'libpcap' },
  libnftables1: { dnf: 'nftables', zypper: 'libnftables1', apk: 'nftables', pacman: 'nftables' },
  logrotate: { dnf: 'logrotate', zypper: 'logrotate', apk: 'logrotate', pacman: 'logrotate' },
} as const;

/** Install the package and replace damaged files, without asking. */
const MANAGERS = [
  ['dnf', 'dnf install -y'],
  ['zypper', 'zypper -n install'],
  ['apk', 'apk add'],
  ['pacman', 'pacman -S --noconfirm'],
] as const;

/** `undefined`: no known package manager. */
export function installCommand(name: keyof typeof NAMES): string | undefined {
  if (findProgram('apt-get') !== undefined) return `apt-get install -y --reinstall ${name}`;
  const manager = MANAGERS.find(([program]) => findProgram(program) !== undefined);
  return manager === undefined ? undefined : `${manager[1]} ${NAMES[name][manager[0]]}`;
}

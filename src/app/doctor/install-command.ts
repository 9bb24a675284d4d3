import { findProgram } from '../../host/files/find-program.ts';

/** Debian's names of packages, and those of others. */
const NAMES = {
  'libpcap0.8': { dnf: 'libpcap', zypper: 'libpcap1', apk: 'libpcap', pacman: 'libpcap' },
  libnftables1: { dnf: 'nftables', zypper: 'libnftables1', apk: 'nftables', pacman: 'nftables' },
  logrotate: { dnf: 'logrotate', zypper: 'logrotate', apk: 'logrotate', pacman: 'logrotate' },
} as const;

/** Installs it, and puts in its place what is damaged. They ask nothing. */
const MANAGERS = [
  ['dnf', 'dnf install -y'],
  ['zypper', 'zypper -n install'],
  ['apk', 'apk add'],
  ['pacman', 'pacman -S --noconfirm'],
] as const;

/** `undefined`: by whatever manager, it is none that is known here. */
export function installCommand(name: keyof typeof NAMES): string | undefined {
  if (findProgram('apt-get') !== undefined) return `apt-get install -y --reinstall ${name}`;
  const manager = MANAGERS.find(([program]) => findProgram(program) !== undefined);
  return manager === undefined ? undefined : `${manager[1]} ${NAMES[name][manager[0]]}`;
}

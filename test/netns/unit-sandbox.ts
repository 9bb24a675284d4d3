import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const UNIT = fileURLToPath(new URL('../../packaging/knockd.service', import.meta.url));
const FILTER = fileURLToPath(new URL('service-filter.ts', import.meta.url));

/** The words of all lines of a directive, one list a line. */
export function directive(name: string): string[][] {
  const lines = readFileSync(UNIT, 'utf8').matchAll(new RegExp(`^${name}=(.*)$`, 'gm'));
  return [...lines].map(([, value = '']) => value.split(' '));
}

/**
 * Words before a program's own that start it as systemd would by the unit: its capabilities, no new privileges,
 * everything read-only but `writable` and the unit's own ReadWritePaths (/var/log being the directory `log`), devices
 * of its own, its socket families and system calls. What the kernel is asked for here is what systemd.exec(5) asks for.
 */
export function behindWalls(writable: readonly string[], log: string): string[] {
  const capabilities = directive('CapabilityBoundingSet')
    .flat()
    .map((name) => `+${name.slice('CAP_'.length).toLowerCase()}`);
  const isSealed = directive('NoNewPrivileges').flat().includes('yes');
  return [
    ...['sh', '-ec', MOUNTS, 'sh', log, ...writable, '--'],
    ...['setpriv', `--bounding-set=-all,${capabilities.join(',')}`, '--inh-caps=-all', '--ambient-caps=-all'],
    ...(isSealed ? ['--no-new-privs'] : []),
    ...[process.execPath, '--disable-warning=ExperimentalWarning', FILTER],
  ];
}

/** ProtectSystem=strict, ReadWritePaths, PrivateDevices, ProtectKernelTunables. Each program here has mounts of its own. */
const MOUNTS = `
mount --make-rprivate /
umask 077; : >>/run/xtables.lock; umask 022
mount --bind "$1" /var/log; shift
mount --bind /run/xtables.lock /run/xtables.lock
kept=" /var/log /run/xtables.lock "
while [ "$1" != -- ]; do mount --bind "$1" "$1"; kept="$kept$1 "; shift; done; shift
mount -t tmpfs -o mode=755 tmpfs /mnt
for device in null zero full random urandom tty; do
  : >"/mnt/$device"; mount --bind "/dev/$device" "/mnt/$device"
done
[ ! -S /dev/log ] || { : >/mnt/log; mount --bind /dev/log /mnt/log; }
mount --rbind /mnt /dev
umount -l /mnt
mount --bind /proc/sys /proc/sys
mount -o remount,bind,ro /proc/sys
cut -d ' ' -f 5 /proc/self/mountinfo | while read -r place; do
  case $place in /dev | /dev/* | /proc | /proc/* | /sys | /sys/*) continue ;; esac
  case $kept in *" $place "*) continue ;; esac
  # Another test's namespace may have gone meanwhile, and its mount with it.
  mount -o remount,bind,ro "$place" || [ ! -e "$place" ]
done
exec "$@"`;

import { readFileSync } from 'node:fs';

/** The gid of a group in group(5), or the number itself; `undefined`: there is no such group. */
export function findGroup(name: string): number | undefined {
  if (/^[0-9]{1,9}$/.test(name)) return Number(name);
  const line = readGroups()
    .split('\n')
    .find((one) => one.startsWith(`${name}:`));
  const number = line?.split(':')[2] ?? '';
  return /^[0-9]+$/.test(number) ? Number(number) : undefined;
}

/** A container may have no such file. */
function readGroups(): string {
  try {
    return readFileSync('/etc/group', 'utf8');
  } catch {
    return '';
  }
}

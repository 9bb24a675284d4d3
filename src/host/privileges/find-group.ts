import { readFileSync } from 'node:fs';

/** The number of a group in group(5), or the number itself; `undefined` where there is no such group. */
export function findGroup(name: string): number | undefined {
  if (/^[0-9]{1,9}$/.test(name)) return Number(name);
  const line = readGroups()
    .split('\n')
    .find((one) => one.startsWith(`${name}:`));
  const number = line?.split(':')[2] ?? '';
  return /^[0-9]+$/.test(number) ? Number(number) : undefined;
}

/** A container may have none. */
function readGroups(): string {
  try {
    return readFileSync('/etc/group', 'utf8');
  } catch {
    return '';
  }
}

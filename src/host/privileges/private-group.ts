import { readFileSync } from 'node:fs';

/** passwd(5), group(5) */
const PASSWD = '/etc/passwd';
const GROUP = '/etc/group';

/**
 * Whether the group belongs to the user alone. On systems where each user has a private group with the same number,
 * directories are often group-writable.
 */
export function isPrivateGroup(uid: number, gid: number): boolean {
  if (uid !== gid) return false;
  const users = linesOf(PASSWD);
  const names = users.filter(([, , id]) => Number(id) === uid).map(([name]) => name);
  const isShared = users.some(([, , id, group]) => Number(group) === gid && Number(id) !== uid);
  const members = linesOf(GROUP)
    .filter(([, , id]) => Number(id) === gid)
    .flatMap(([, , , list = '']) => list.split(',').filter((name) => name !== ''));
  return !isShared && members.every((name) => names.includes(name));
}

function linesOf(file: string): readonly (readonly string[])[] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split(':'));
  } catch {
    // Without the file no names are known, and a gid has no other members.
    return [];
  }
}

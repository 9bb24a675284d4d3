import { readFileSync } from 'node:fs';

/**
 * user_namespaces(7): whether the uid stands for users outside of this user namespace, whom nobody inside can become.
 */
export function isOutsideUser(uid: number): boolean {
  try {
    const overflow = Number(readFileSync('/proc/sys/kernel/overflowuid', 'utf8'));
    if (uid !== overflow) return false;
    const ranges = readFileSync('/proc/self/uid_map', 'utf8').trim().split('\n');
    return ranges.every((range) => {
      const [first = 0, , length = 0] = range.trim().split(/\s+/).map(Number);
      return uid < first || uid >= first + length;
    });
  } catch {
    // Without /proc it counts as an ordinary user.
    return false;
  }
}

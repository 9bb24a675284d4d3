import { type PathEntry, walkPath } from '../../host/files/walk-path.ts';

/** inode(7) */
const NOT_OWNER = 0o077;
const OTHERS_WRITE = 0o022;
const STICKY = 0o1000;

/**
 * Whether the file is its owner's alone by modes that leave nothing to judge: its owner is this user or root, as of every
 * directory on the way, in none of which anybody else may replace what is there, and there is no link. With an access list, the group's bits
 * say what it may grant at most. `false`: `judgeFileAccess` knows more, and loads native code.
 */
export function isPlainlyPrivate(path: string): boolean {
  let entries: readonly PathEntry[];
  try {
    entries = walkPath(path);
  } catch {
    return false;
  }
  const file = entries.at(-1)?.stats;
  return (
    file?.isFile() === true &&
    (file.mode & NOT_OWNER) === 0 &&
    entries.every(({ stats }) => stats.uid === 0 || stats.uid === process.geteuid?.()) &&
    entries.slice(0, -1).every(({ stats }) => stats.isDirectory() && isKept(stats.mode))
  );
}

/** In a directory with the sticky bit, such as /tmp, each can only replace what is his own. */
const isKept = (mode: number): boolean => (mode & OTHERS_WRITE) === 0 || (mode & STICKY) !== 0;

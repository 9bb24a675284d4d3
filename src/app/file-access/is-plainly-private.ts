import { type PathEntry, walkPath } from '../../host/files/walk-path.ts';

/** inode(7) */
const NOT_OWNER = 0o077;
const OTHERS_WRITE = 0o022;
const STICKY = 0o1000;

/**
 * Whether modes alone prove the file private: this user or root owns it and every directory above it, nobody else can
 * replace anything on the path, and there is no symbolic link. With an access list, the group bits are the most that it
 * can grant. `false`: ask `judgeFileAccess`, which knows more but loads native code.
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

/** In a directory with the sticky bit, such as /tmp, each user can replace only his own files. */
const isKept = (mode: number): boolean => (mode & OTHERS_WRITE) === 0 || (mode & STICKY) !== 0;

import { accessSync, constants, type Stats } from 'node:fs';
import type { Diagnostic, WarningId } from '../../core/text/diagnostic.ts';
import { quoteWord } from '../../core/text/quote-word.ts';
import { descriptorOf } from '../../host/files/descriptor-name.ts';
import type { ReadList } from '../../host/files/listed-writers.ts';
import { type PathEntry, walkPath } from '../../host/files/walk-path.ts';
import { isPrivateGroup } from '../../host/privileges/private-group.ts';
import { isOutsideUser } from '../../host/privileges/user-namespace.ts';

/** inode(7) */
const GROUP_ANY = 0o070;
const GROUP_WRITES = 0o020;
const OTHERS_ANY = 0o007;
const OTHERS_WRITE = 0o002;
const OTHERS_READ = 0o004;
const STICKY = 0o1000;

/**
 * Who may read the file. `everybody`: it has no secrets · `group`: the group may, and readable by all is a warning ·
 * `owner`: anything more is an error.
 */
export type Readers = 'everybody' | 'group' | 'owner';

/** `ignored`: for callers that only simulate and open nothing. */
export type FileAccess = 'judged' | 'ignored';

/**
 * What to change about who can write the file, or replace it through a directory or link on its path: such a user could
 * run commands and open ports. And about who can read it: such a user could knock. Group root may write. Nobody writes
 * to a read-only mount. Objects without a path are not checked: a descriptor, a pipe, or a missing file.
 */
export function judgePath(path: string, readers: Readers, readList: ReadList): Diagnostic[] {
  if (descriptorOf(path) !== undefined) return [];
  let entries: readonly PathEntry[];
  try {
    entries = walkPath(path);
  } catch {
    // The reader of the file reports more.
    return [];
  }
  const file = entries.at(-1);
  if (file?.stats.isFile() !== true) return [];
  const at = { file: path, line: 1, column: 1 };
  const errors = [
    ...judgeFile(path, file, readers, readList),
    ...entries.slice(0, -1).flatMap((entry) => judgeWay(entry, readList)),
  ];
  const findings: Diagnostic[] = errors.map((message) => ({ severity: 'error', place: at, message }));
  const warning = readers === 'group' && errors.length === 0 ? judgeReaders(path, file) : undefined;
  if (warning !== undefined)
    findings.push({ severity: 'warning', id: READABLE, place: at, message: warning });
  return findings;
}

/** The warning about a configuration that everybody can read. */
export const READABLE: WarningId = 'readable-by-all';

type Writer = 'its group' | 'its access list' | 'everybody';

const EVERYBODY: Writer = 'everybody';

function judgeFile(path: string, entry: PathEntry, readers: Readers, readList: ReadList): string[] {
  const { stats } = entry;
  const messages: string[] = [];
  if (!isTrusted(stats.uid) && !isReadOnly(entry)) messages.push(foreign('it', path, stats.uid));
  const isPrivate = (stats.mode & (GROUP_ANY | OTHERS_ANY)) === 0;
  if (readers === 'owner' && !isPrivate) {
    const mode = octal(stats);
    messages.push(`others can read or change its contents (${mode}): chmod 600 ${quoteWord(path)}`);
    return messages;
  }
  const writers = writersOf(entry, readList);
  if (writers.length === 0) return messages;
  const isRead = readers !== 'everybody' && (stats.mode & OTHERS_READ) !== 0;
  const what = [
    `${writers.join(' and ')} can change it`,
    ...(isRead ? ['everybody can read the knocks in it'] : []),
  ];
  const change = [
    ...(writers.some((writer) => writer !== EVERYBODY) ? ['g-w'] : []),
    ...(isRead || writers.includes(EVERYBODY) ? ['o-rwx'] : []),
  ];
  messages.push(`${what.join(', and ')} (${octal(stats)}): chmod ${change.join(',')} ${quoteWord(path)}`);
  return messages;
}

/** Images, package managers and most editors create files like this. A host that nobody can enter would be worse. */
function judgeReaders(path: string, entry: PathEntry): string | undefined {
  const { stats } = entry;
  if ((stats.mode & OTHERS_READ) === 0) return undefined;
  const what = `everybody can read the knocks in it (${octal(stats)})`;
  if (!isReadOnly(entry)) return `${what}: chmod o-rwx ${quoteWord(path)}`;
  return `${what}, on a read-only mount: where it comes from, chmod o-rwx`;
}

/**
 * Who can write a directory on the path can replace what is in it, unless the sticky bit protects it. The owner of a
 * link cannot write through it, only replace it if that bit is set.
 */
function judgeWay(entry: PathEntry, readList: ReadList): string[] {
  const { path, stats, parent } = entry;
  if (stats.isSymbolicLink()) {
    const isKept =
      parent === undefined || isTrusted(stats.uid) || directoryWriters(parent, readList).length === 0;
    return isKept ? [] : [foreign('the link to it', path, stats.uid, ' -h')];
  }
  const messages: string[] = [];
  if (!isTrusted(stats.uid) && !isOutsideUser(stats.uid) && !isReadOnly(entry)) {
    messages.push(foreign('its directory', path, stats.uid));
  }
  const writers = (stats.mode & STICKY) === 0 ? directoryWriters(entry, readList) : [];
  if (writers.length > 0) {
    const change = [
      ...(writers.some((writer) => writer !== EVERYBODY) ? ['g-w'] : []),
      ...(writers.includes(EVERYBODY) ? ['o-w'] : []),
    ];
    const who = writers.join(' and ');
    messages.push(
      `${who} can put another file in its place (${octal(stats)}): chmod ${change.join(',')} ${quoteWord(path)}`,
    );
  }
  return messages;
}

function directoryWriters(directory: PathEntry, readList: ReadList): Writer[] {
  const { uid, gid } = directory.stats;
  const writers = writersOf(directory, readList);
  return isTrusted(uid) && isPrivateGroup(uid, gid)
    ? writers.filter((writer) => writer !== 'its group')
    : writers;
}

/** Besides the owner. */
function writersOf(entry: PathEntry, readList: ReadList): Writer[] {
  const { mode, gid } = entry.stats;
  const writers: Writer[] = [];
  if ((mode & (GROUP_WRITES | OTHERS_WRITE)) === 0 || isReadOnly(entry)) return writers;
  // With an access list, the group bits are its mask: nobody in it can do more.
  const listed = (mode & GROUP_WRITES) === 0 ? undefined : readList(entry.path);
  if ((mode & GROUP_WRITES) !== 0 && gid !== 0 && listed?.ownGroup !== false) writers.push('its group');
  if (listed?.users.some((uid) => !isTrusted(uid)) === true || listed?.groups.some((id) => id !== 0) === true)
    writers.push('its access list');
  if ((mode & OTHERS_WRITE) !== 0) writers.push(EVERYBODY);
  return writers;
}

/** Root can write everything except on a read-only mount. */
function isReadOnly({ path }: PathEntry): boolean {
  try {
    accessSync(path, constants.W_OK);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EROFS';
  }
}

/** Root, this user, and the caller of sudo(8) can do everything that the daemon can anyway. */
function isTrusted(uid: number): boolean {
  const own = process.geteuid?.();
  return uid === 0 || uid === own || (own === 0 && process.env.SUDO_UID === String(uid));
}

function foreign(what: string, path: string, uid: number, option = ''): string {
  const owner = process.geteuid?.() === 0 ? 'root' : '"$(id -u)"';
  return `${what} belongs to user ${uid}, who can change it: chown${option} ${owner} ${quoteWord(path)}`;
}

function octal({ mode }: Stats): string {
  return `mode ${(mode & 0o7777).toString(8).padStart(4, '0')}`;
}

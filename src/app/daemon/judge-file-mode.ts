import { realpathSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Diagnostic } from '../../core/config/diagnostic.ts';
import { descriptorOf } from '../../host/system/descriptor-path.ts';

/** inode(7) */
const GROUP_WRITES = 0o020;
const OTHERS_WRITE = 0o002;
const OTHERS_READ = 0o004;
const STICKY = 0o1000;

/**
 * What has to be changed about who may write the file, and, if it holds `secrets`, who may read it: whoever writes it
 * has commands run and ports opened, whoever reads it can knock. The file's group may read, which is the operator's
 * choice; group root may write. Nothing is said of what is no file with a name: a descriptor, a pipe, or none at all.
 */
export function judgeFileMode(path: string, secrets: boolean): Diagnostic[] {
  if (descriptorOf(path) !== undefined) return [];
  let file: { readonly name: string; readonly stats: Stats };
  let directory: typeof file;
  try {
    const name = realpathSync(path);
    file = { name, stats: statSync(name) };
    directory = { name: dirname(name), stats: statSync(dirname(name)) };
  } catch {
    // The reader of the file says more.
    return [];
  }
  if (!file.stats.isFile()) return [];
  const messages = [...judgeFile(path, file.stats, secrets), ...judgeDirectory(directory)];
  return messages.map((message) => ({
    severity: 'error',
    place: { file: path, line: 1, column: 1 },
    message,
  }));
}

type Writer = 'its group' | 'everybody';

const GROUP: Writer = 'its group';
const EVERYBODY: Writer = 'everybody';

function judgeFile(path: string, stats: Stats, secrets: boolean): string[] {
  const writable = writableBy(stats);
  const readable = secrets && (stats.mode & OTHERS_READ) !== 0;
  const messages: string[] = [];
  if (!isTrusted(stats.uid)) messages.push(foreign('it', path, stats.uid));
  if (writable.length > 0 || readable) {
    const what = [
      ...(writable.length > 0 ? [`${writable.join(' and ')} can change it`] : []),
      ...(readable ? ['everybody can read the knocks in it'] : []),
    ];
    const change = [
      ...(writable.includes(GROUP) ? ['g-w'] : []),
      ...(readable || writable.includes(EVERYBODY) ? ['o-rwx'] : []),
    ];
    messages.push(`${what.join(', and ')} (${octal(stats)}): chmod ${change.join(',')} ${quote(path)}`);
  }
  return messages;
}

/** Whoever writes the directory puts another file in the place of this one, unless the sticky bit keeps it its owner's. */
function judgeDirectory({ name, stats }: { readonly name: string; readonly stats: Stats }): string[] {
  const messages: string[] = [];
  if (!isTrusted(stats.uid)) messages.push(foreign('its directory', name, stats.uid));
  const writable = (stats.mode & STICKY) === 0 ? writableBy(stats) : [];
  if (writable.length > 0) {
    const change = writable.map((who) => (who === GROUP ? 'g-w' : 'o-w')).join(',');
    messages.push(
      `${writable.join(' and ')} can put another file in its place (${octal(stats)}): chmod ${change} ${quote(name)}`,
    );
  }
  return messages;
}

function writableBy({ mode, gid }: Stats): Writer[] {
  const writers: Writer[] = [];
  if ((mode & GROUP_WRITES) !== 0 && gid !== 0) writers.push(GROUP);
  if ((mode & OTHERS_WRITE) !== 0) writers.push(EVERYBODY);
  return writers;
}

/** Root, this user, and whoever called sudo(8): they can do all that the daemon can anyway. */
function isTrusted(uid: number): boolean {
  const own = process.geteuid?.();
  return uid === 0 || uid === own || (own === 0 && process.env.SUDO_UID === String(uid));
}

function foreign(what: string, path: string, uid: number): string {
  const owner = process.geteuid?.() === 0 ? 'root' : '"$(id -u)"';
  return `${what} belongs to user ${uid}, who can change it: chown ${owner} ${quote(path)}`;
}

function octal({ mode }: Stats): string {
  return `mode ${(mode & 0o7777).toString(8).padStart(4, '0')}`;
}

/** For a POSIX shell, where it needs that. */
function quote(text: string): string {
  return /^[A-Za-z0-9_./,+@%:-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

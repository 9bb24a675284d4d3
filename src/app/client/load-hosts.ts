import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { HostsFile } from '../../core/client/hosts-file.ts';
import { parseHosts } from '../../core/client/parse-hosts.ts';
import { type Diagnostic, renderDiagnostic } from '../../core/config/diagnostic.ts';

/** BOUNDED: bytes of a file of profiles. */
const MAX_BYTES = 1 << 20;

/** inode(7): what only the owner may do with a file that holds secrets, and with its directory. */
const OTHERS_ANY = 0o077;
const OTHERS_WRITE = 0o022;
const STICKY = 0o1000;

export type LoadedHosts =
  | { readonly kind: 'ok'; readonly hosts: HostsFile; readonly warnings: readonly string[] }
  | { readonly kind: 'bad' | 'permission'; readonly complaints: readonly string[] };

/** Reads the profiles. A file that is not there has none; one that others can read or change is refused. */
export function loadHosts(file: string): LoadedHosts {
  let bytes: Uint8Array;
  try {
    const open = openDoors(file);
    if (open.length > 0) return { kind: 'bad', complaints: open };
    bytes = readFileSync(file);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'ok', hosts: { blocks: [] }, warnings: [] };
    const kind = code === 'EACCES' || code === 'EPERM' ? 'permission' : 'bad';
    return { kind, complaints: [`${file}: it cannot be read: ${message}`] };
  }
  const parsed = parseHosts(file, bytes);
  if (parsed.kind === 'bad') return { kind: 'bad', complaints: parsed.diagnostics.map(renderDiagnostic) };
  return { kind: 'ok', hosts: parsed.hosts, warnings: parsed.warnings.map(renderDiagnostic) };
}

/** What has to be changed before the secrets in it are its owner's alone. Throws with the system's reason. */
function openDoors(file: string): string[] {
  const stats = statSync(file);
  if (!stats.isFile()) return [`${file}: it is no file`];
  const complaints: string[] = [];
  const say = (message: string): void => {
    const at: Diagnostic = { severity: 'error', place: { file, line: 1, column: 1 }, message };
    complaints.push(renderDiagnostic(at));
  };
  if (stats.size > MAX_BYTES) say(`it has more than ${MAX_BYTES} bytes: it is no file of profiles`);
  if (!isTrusted(stats.uid)) say(`it belongs to user ${stats.uid}: chown "$(id -u)" ${quote(file)}`);
  if ((stats.mode & OTHERS_ANY) !== 0) {
    say(`others can read or change the knocks in it (mode ${octal(stats.mode)}): chmod 600 ${quote(file)}`);
  }
  const parent = statSync(dirname(file));
  if ((parent.mode & STICKY) === 0 && (parent.mode & OTHERS_WRITE) !== 0 && !isPrivateGroup(parent)) {
    const mode = octal(parent.mode);
    say(`others can put another file in its place (mode ${mode}): chmod go-w ${quote(dirname(file))}`);
  }
  return complaints;
}

/** Where each user has a group of his own, with his number, directories are often writable by it. */
function isPrivateGroup({
  mode,
  uid,
  gid,
}: {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}) {
  return (mode & 0o002) === 0 && uid === gid;
}

const isTrusted = (uid: number): boolean => uid === 0 || uid === process.geteuid?.();

const octal = (mode: number): string => (mode & 0o7777).toString(8).padStart(4, '0');

/** For a POSIX shell, where it needs that. */
function quote(text: string): string {
  return /^[A-Za-z0-9_./,@+%:-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

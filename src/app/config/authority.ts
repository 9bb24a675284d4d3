import { type Config, DEFAULT_SERVER_KEY, DEFAULT_USERS_FILE } from '../../core/config/file/config.ts';
import { takes } from '../../core/door/door.ts';
import { parseServerKeys, type ServerKeys } from '../../core/signed/server-keys.ts';
import type { Diagnostic } from '../../core/text/diagnostic.ts';
import { parseUsers } from '../../core/users/parse-users.ts';
import { UserDirectory } from '../../core/users/user-directory.ts';
import { nodeCiphers } from '../../host/crypto/node-ciphers.ts';
import { readWhole } from '../../host/files/read-whole.ts';
import { type FileAccess, judgeFileAccess } from '../file-access/judge-file-access.ts';

/** Who may sign knocks, and the keys that these are sealed to. */
export type Authority = { readonly users: UserDirectory; readonly serverKeys: ServerKeys };

export type LoadedAuthority =
  | { readonly kind: 'ok'; readonly authority: Authority; readonly warnings: readonly Diagnostic[] }
  | {
      readonly kind: 'bad';
      readonly diagnostics: readonly Diagnostic[];
      /** The files may be good: who asks may not read them. */
      readonly isDenied?: true;
    };

/** The files that a configuration with doors that accept keys needs beside it; none where it has no such door. */
export function authorityFiles({
  settings,
  doors,
}: Config): { users: string; serverKey: string } | undefined {
  if (!doors.some((door) => takes(door, 'key'))) return undefined;
  const { usersFile = DEFAULT_USERS_FILE, serverKey = DEFAULT_SERVER_KEY } = settings;
  return { users: usersFile, serverKey };
}

/** Reads the users and the server's key, or tells every mistake in both. `undefined` where no door accepts keys. */
export function loadAuthority(config: Config, access: FileAccess): LoadedAuthority | undefined {
  const files = authorityFiles(config);
  if (files === undefined) return undefined;
  const users = read(files.users, access, '`bussa user add NAME KEY.pub` makes it');
  const key = read(files.serverKey, access, '`bussa key rotate` makes one');
  const parsedUsers =
    users.bytes === undefined ? undefined : parseUsers(files.users, users.bytes, nodeCiphers);
  const parsedKey =
    key.bytes === undefined ? undefined : parseServerKeys(new TextDecoder().decode(key.bytes), nodeCiphers);
  const found = [
    ...users.findings,
    ...(parsedUsers === undefined
      ? []
      : parsedUsers.kind === 'ok'
        ? parsedUsers.warnings
        : parsedUsers.diagnostics),
    ...key.findings,
    ...(parsedKey?.kind === 'bad' ? [wrongKey(files.serverKey, parsedKey.reason)] : []),
  ];
  const isWrong = found.some(({ severity }) => severity === 'error');
  if (isWrong || parsedUsers?.kind !== 'ok' || parsedKey?.kind !== 'keys') {
    const isDenied = users.isDenied || key.isDenied;
    return { kind: 'bad', diagnostics: found, ...(isDenied ? { isDenied } : {}) };
  }
  const authority = { users: new UserDirectory(parsedUsers.users), serverKeys: parsedKey.keys };
  return { kind: 'ok', authority, warnings: found };
}

type Read = {
  readonly bytes?: Uint8Array;
  readonly findings: readonly Diagnostic[];
  readonly isDenied: boolean;
};

/** A file with secrets or names in it. What others can write they could write themselves into. */
function read(path: string, access: FileAccess, remedy: string): Read {
  const findings = access === 'judged' ? judgeFileAccess(path, 'owner') : [];
  try {
    return { bytes: readWhole(path), findings, isDenied: false };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? `there is no such file: ${remedy}` : `it cannot be read: ${message}`;
    const isDenied = code === 'EACCES' || code === 'EPERM';
    return { findings: [...findings, errorIn(path, why)], isDenied };
  }
}

const errorIn = (file: string, message: string): Diagnostic => ({
  severity: 'error',
  place: { file, line: 1, column: 1 },
  message,
});

const wrongKey = (file: string, reason: string): Diagnostic =>
  errorIn(
    file,
    `${reason}: put the file back, or remove it and have \`bussa key rotate\` make a new key, with new cards for all`,
  );

import { type Config, DEFAULT_SERVER_KEY, DEFAULT_USERS_FILE } from '../../core/config/file/config.ts';
import { acceptsProof } from '../../core/door/door.ts';
import { USER_PROOFS } from '../../core/door/proof-kind.ts';
import { parseServerKeys, type ServerKeys } from '../../core/signed/server-keys.ts';
import type { Diagnostic } from '../../core/text/diagnostic.ts';
import { parseUsers } from '../../core/users/parse-users.ts';
import type { User } from '../../core/users/user.ts';
import { UserDirectory } from '../../core/users/user-directory.ts';
import { nodeCiphers } from '../../host/crypto/node-ciphers.ts';
import { readRegular } from '../../host/files/read-regular.ts';
import type { FileAccess } from '../file-access/judge-path.ts';
import { errorIn, type GuardedFile, readGuardedFile } from './read-guarded-file.ts';

/** The users, and the keys that signed knocks are encrypted to (none if no door accepts signed knocks). */
export type Authority = { readonly users: UserDirectory; readonly serverKeys: ServerKeys | readonly [] };

export type LoadedAuthority =
  | { readonly kind: 'ok'; readonly authority: Authority; readonly warnings: readonly Diagnostic[] }
  | {
      readonly kind: 'bad';
      readonly diagnostics: readonly Diagnostic[];
      /** The file may be valid, but the caller may not read it. */
      readonly isDenied?: true;
    };

/** The files that a configuration needs if its doors accept proofs that name a user. */
export function authorityFiles({
  settings,
  doors,
}: Config): { users: string; serverKey?: string } | undefined {
  if (!doors.some((door) => USER_PROOFS.some((proof) => acceptsProof(door, proof)))) return undefined;
  const { usersFile = DEFAULT_USERS_FILE, serverKey = DEFAULT_SERVER_KEY } = settings;
  return { users: usersFile, ...(doors.some((door) => acceptsProof(door, 'key')) ? { serverKey } : {}) };
}

/** Reads the users and the server's key, or reports every mistake in both. `undefined`: no door accepts keys. */
export function loadAuthority(config: Config, access: FileAccess): LoadedAuthority | undefined {
  const files = authorityFiles(config);
  if (files === undefined) return undefined;
  const users = read(files.users, access, '`bussa user add NAME KEY.pub` makes it');
  const parsedUsers =
    users.bytes === undefined ? undefined : parseUsers(files.users, users.bytes, nodeCiphers);
  const keys = files.serverKey === undefined ? NO_KEYS : loadServerKeys(files.serverKey, access);
  const found = [
    ...users.findings,
    ...(parsedUsers === undefined
      ? []
      : parsedUsers.kind === 'ok'
        ? parsedUsers.warnings
        : parsedUsers.diagnostics),
    ...keys.findings,
  ];
  const isWrong = found.some(({ severity }) => severity === 'error');
  if (isWrong || parsedUsers?.kind !== 'ok' || keys.keys === undefined) {
    const isDenied = users.isDenied || keys.isDenied;
    return { kind: 'bad', diagnostics: found, ...(isDenied ? { isDenied } : {}) };
  }
  const authority = { users: new UserDirectory(parsedUsers.users), serverKeys: keys.keys };
  return { kind: 'ok', authority, warnings: found };
}

/** Reads only the users, whoever else can read or write their file: for a simulation, which opens nothing. */
export function loadUsers({
  settings: { usersFile = DEFAULT_USERS_FILE },
}: Config):
  | { readonly kind: 'ok'; readonly users: readonly User[]; readonly warnings: readonly Diagnostic[] }
  | { readonly kind: 'bad'; readonly diagnostics: readonly Diagnostic[] } {
  const { bytes, findings } = read(usersFile, 'ignored', '`bussa user add NAME --code` makes it');
  if (bytes === undefined) return { kind: 'bad', diagnostics: findings };
  return parseUsers(usersFile, bytes, nodeCiphers);
}

/** BOUNDED: 10,000 long keys with their options. A larger file would block the daemon. */
const MAX_BYTES = 1 << 24;

/** Reads a users file or a server key. Throws with the system's reason, or if it is not a regular file. */
export const readAuthorityFile = (path: string): Uint8Array => readRegular(path, MAX_BYTES);

type LoadedKeys = {
  readonly keys?: Authority['serverKeys'];
  readonly findings: readonly Diagnostic[];
  readonly isDenied: boolean;
};

const NO_KEYS: LoadedKeys = { keys: [], findings: [], isDenied: false };

function loadServerKeys(path: string, access: FileAccess): LoadedKeys {
  const { bytes, findings, isDenied } = read(path, access, '`bussa key rotate` makes one');
  if (bytes === undefined) return { findings, isDenied };
  const parsed = parseServerKeys(new TextDecoder().decode(bytes), nodeCiphers);
  return parsed.kind === 'bad'
    ? { findings: [...findings, wrongKey(path, parsed.reason)], isDenied }
    : { keys: parsed.keys, findings, isDenied };
}

const read = (path: string, access: FileAccess, remedy: string): GuardedFile =>
  readGuardedFile(path, { readers: 'owner', access, maxBytes: MAX_BYTES, remedy });

const wrongKey = (file: string, reason: string): Diagnostic =>
  errorIn(
    file,
    `${reason}: put the file back, or remove it and have \`bussa key rotate\` make a new key, with new cards for all`,
  );

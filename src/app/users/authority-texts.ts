import { existsSync, lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  type Config,
  type ConfigResult,
  DEFAULT_SERVER_KEY,
  DEFAULT_USERS_FILE,
} from '../../core/config/file/config.ts';
import { addCodePorts, addSignedPort } from '../../core/config/file/edit-config.ts';
import { parseConfig } from '../../core/config/file/parse-config.ts';
import { readSections } from '../../core/config/file/read-sections.ts';
import type { CodePorts } from '../../core/door/code-ports.ts';
import type { DoorSpec } from '../../core/door/door.ts';
import { MAX_PORT } from '../../core/net/port.ts';
import { parseServerKeys, type ServerKeys } from '../../core/signed/server-keys.ts';
import type { Diagnostic } from '../../core/text/diagnostic.ts';
import { Findings } from '../../core/text/findings.ts';
import { splitLines } from '../../core/text/split-lines.ts';
import { parseUsers } from '../../core/users/parse-users.ts';
import type { User } from '../../core/users/user.ts';
import { nodeCiphers } from '../../host/crypto/node-ciphers.ts';
import { describeRefusal } from '../../host/ffi/describe-refusal.ts';
import { createFile } from '../../host/files/create-file.ts';
import { makeDirectory } from '../../host/files/make-directory.ts';
import { readWhole } from '../../host/files/read-whole.ts';
import { replaceFile } from '../../host/files/replace-file.ts';
import { readAuthorityFile } from '../config/authority.ts';
import { noConfigRemedy } from '../config/own-command.ts';
import { judgeFileAccess } from '../file-access/judge-file-access.ts';

/** `mistakes`: in the configuration, the users file or the key. Nothing was changed. */
export type Unusable =
  | { readonly kind: 'mistakes'; readonly diagnostics: readonly Diagnostic[] }
  | { readonly kind: 'denied' | 'failed'; readonly message: string };

/** The three files with their parsed content. */
export type AuthorityTexts = {
  readonly kind: 'texts';
  readonly configFile: string;
  readonly config: Config;
  readonly configBytes: Uint8Array;
  readonly usersFile: string;
  /** Empty: there is no file yet. */
  readonly usersBytes: Uint8Array;
  readonly users: readonly User[];
  readonly keyFile: string;
  /** Undefined: there is no file yet. */
  readonly serverKeys: ServerKeys | undefined;
};

/**
 * Reads what a verb shows or changes. Files that others can read or write are refused. `wanted`: missing ports or doors
 * are accepted, because the verb adds them.
 */
export function readAuthority(configFile: string, wanted?: 'ports' | 'doors'): AuthorityTexts | Unusable {
  const found: Diagnostic[] = [];
  if (!existsSync(configFile)) return noConfig(configFile);
  try {
    const configBytes = readWhole(configFile);
    const parsed = PARSE[wanted ?? 'nothing'](configFile, configBytes);
    if (parsed.kind === 'bad') return { kind: 'mistakes', diagnostics: errorsOf(parsed.diagnostics) };
    const { usersFile = DEFAULT_USERS_FILE, serverKey: keyFile = DEFAULT_SERVER_KEY } =
      parsed.config.settings;
    const usersBytes = readPrivate(usersFile, found) ?? new Uint8Array();
    const users = parseUsers(usersFile, usersBytes, nodeCiphers);
    if (users.kind === 'bad') found.push(...errorsOf(users.diagnostics));
    const keyBytes = readPrivate(keyFile, found);
    const key =
      keyBytes === undefined ? undefined : parseServerKeys(new TextDecoder().decode(keyBytes), nodeCiphers);
    if (key?.kind === 'bad') found.push(errorIn(keyFile, key.reason));
    if (found.length > 0 || users.kind === 'bad') return { kind: 'mistakes', diagnostics: found };
    return {
      ...{ kind: 'texts', configFile, config: parsed.config, configBytes },
      ...{ usersFile, usersBytes, users: users.users, keyFile },
      serverKeys: key?.kind === 'keys' ? key.keys : undefined,
    };
  } catch (error) {
    return unusable(error as NodeJS.ErrnoException);
  }
}

/**
 * The path and the content of the users file, despite mistakes in it or in the configuration: a mistake must not keep a
 * user from being revoked. `undefined`: they cannot be read.
 */
export function readUsersAlone(
  configFile: string,
): { readonly path: string; readonly bytes: Uint8Array } | undefined {
  try {
    const path = usersFileIn(readWhole(configFile));
    return { path, bytes: readAuthorityFile(path) };
  } catch {
    return undefined;
  }
}

function usersFileIn(config: Uint8Array): string {
  const { lines } = splitLines(config);
  const written = readSections(lines, new Findings()).flatMap(({ entries }) =>
    entries.flatMap(({ directive, value }) => (directive.name === 'Users_File' ? (value?.text ?? []) : [])),
  );
  return written.findLast((one) => one.startsWith('/')) ?? DEFAULT_USERS_FILE;
}

/** Parses the configuration as if it had all ports, if nothing else is wrong with it. */
function parseWithPorts(configFile: string, bytes: Uint8Array): ConfigResult {
  const parsed = parseConfig(configFile, bytes);
  if (parsed.kind === 'ok') return parsed;
  const withCodes = addCodePorts(bytes, () => NO_CODE_PORTS);
  const trials = [withCodes, addSignedPort(withCodes, MAX_PORT)].map((text) => parseConfig(configFile, text));
  const trial = trials.find(({ kind }) => kind === 'ok');
  if (trial?.kind !== 'ok') return parsed;
  const { signedPort, ...settings } = trial.config.settings;
  const isSet = trial === trials[0] && signedPort !== undefined;
  const doors = trial.config.doors.map(withoutStandIn);
  return { ...trial, config: { settings: isSet ? { ...settings, signedPort } : settings, doors } };
}

/** Parses the configuration as if it had a door. */
function parseWithDoors(configFile: string, bytes: Uint8Array): ConfigResult {
  const parsed = parseWithPorts(configFile, bytes);
  if (parsed.kind === 'ok') return parsed;
  const text = Buffer.concat([bytes, Buffer.from(`\n[${STAND_IN}]\naccept = spa\nopen = tcp/1\n`)]);
  const trial = parseConfig(configFile, text);
  if (trial.kind !== 'ok' || trial.config.doors.some(({ name }) => name !== STAND_IN)) return parsed;
  return { ...trial, config: { ...trial.config, doors: [] } };
}

const STAND_IN = 'stand-in';

const PARSE = { nothing: parseConfig, ports: parseWithPorts, doors: parseWithDoors } as const;

/** Placeholders for missing blocks. Nothing is drawn from them. */
const NO_CODE_PORTS: CodePorts = [64, 63];

function withoutStandIn({ codePorts, ...door }: DoorSpec): DoorSpec {
  const isStandIn = codePorts?.every((prefix, i) => prefix === NO_CODE_PORTS[i]);
  return codePorts === undefined || isStandIn === true ? door : { ...door, codePorts };
}

export const noConfig = (configFile: string): Unusable => ({
  kind: 'failed',
  message: `there is no ${configFile}: ${noConfigRemedy(configFile)}`,
});

export function unusable(error: NodeJS.ErrnoException): Unusable {
  const { code, message, path } = error;
  if (code === 'ENOENT' && path !== undefined) {
    return { kind: 'failed', message: `there is no ${path}: create it, or name another file` };
  }
  const isDenied = code === 'EACCES' || code === 'EPERM';
  if (isDenied) return { kind: 'denied', message: `${message}: run it as root` };
  return { kind: 'failed', message: code === undefined ? message : describeRefusal(error) };
}

function readPrivate(path: string, found: Diagnostic[]): Uint8Array | undefined {
  found.push(...judgeFileAccess(path, 'owner'));
  try {
    return readAuthorityFile(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EPERM') throw error;
    if (code !== 'ENOENT') found.push(errorIn(path, `it cannot be read: ${message}`));
    return undefined;
  }
}

/** Writes the file, completely or not at all. A new file, and a new directory, belong to the owner alone. */
export function writePrivate(path: string, bytes: Uint8Array): void {
  if (existsSync(path)) {
    replaceFile(path, bytes);
    return;
  }
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true)
    throw new Error(`${path} is a link to nothing: make the file that it leads to, or remove the link`);
  makeDirectory(dirname(path));
  createFile(path, bytes);
}

export const errorsOf = (diagnostics: readonly Diagnostic[]): readonly Diagnostic[] =>
  diagnostics.filter(({ severity }) => severity === 'error');

export const errorIn = (file: string, message: string): Diagnostic => ({
  severity: 'error',
  place: { file, line: 1, column: 1 },
  message,
});

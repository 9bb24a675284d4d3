import { parseAuthorizedKey } from '../../core/ssh/authorized-key.ts';
import { fingerprintOf } from '../../core/ssh/fingerprint.ts';
import { Findings } from '../../core/text/findings.ts';
import { hasUser, removeKeys, removeUser, setUserOff } from '../../core/users/edit-users.ts';
import { parseCode } from '../../core/users/parse-code.ts';
import { parseSpa } from '../../core/users/parse-spa.ts';
import { parseUsers } from '../../core/users/parse-users.ts';
import { spaFingerprint } from '../../core/users/spa-fingerprint.ts';
import type { CredentialName } from '../../core/users/user-directives.ts';
import { fingerprintsOf } from '../../core/users/user-directory.ts';
import { nodeCiphers } from '../../host/crypto/node-ciphers.ts';
import {
  type AuthorityTexts,
  errorsOf,
  readAuthority,
  readUsersAlone,
  type Unusable,
  unusable,
  writePrivate,
} from './authority-texts.ts';
import { withUsersLock } from './users-lock.ts';

export type UserChange = 'off' | 'on' | 'remove';

export type ChangeOutcome =
  /** `isDone`: nothing had to change. */
  | { readonly kind: 'changed'; readonly isDone: boolean }
  /** The file lacks this user, or this key of his. A daemon that has not read it since may still have it. */
  | { readonly kind: 'unknown'; readonly message: string }
  | Unusable;

/** Disables, enables or removes a user, or removes one of his credentials: by its fingerprint, or his `code`. */
export function changeUser(
  configFile: string,
  name: string,
  change: UserChange,
  key?: string,
): ChangeOutcome {
  return withUsersLock(configFile, () => applyChange(configFile, name, change, key));
}

function applyChange(configFile: string, name: string, change: UserChange, key?: string): ChangeOutcome {
  const texts = readAuthority(configFile);
  if (texts.kind === 'mistakes' && change !== 'on')
    return revokeAccess(configFile, name, change, key) ?? texts;
  if (texts.kind !== 'texts') return texts;
  const user = texts.users.find((one) => one.name === name);
  if (user === undefined) return { kind: 'unknown', message: unknownUser(name, texts) };
  const { usersBytes, usersFile } = texts;
  const isKnown = (word: string): boolean =>
    fingerprintsOf(user).includes(word) || (word === CODE && user.code !== undefined);
  if (key !== undefined && !isKnown(key)) {
    const known = fingerprintsOf(user).join(', ');
    const what = key === CODE ? CODE : `key ${key}`;
    return { kind: 'unknown', message: `${name} has no ${what}: there are ${known || 'none'}` };
  }
  const isDone = change === 'off' ? user.isOff === true : change === 'on' && user.isOff !== true;
  if (isDone) return { kind: 'changed', isDone };
  const changed = changedText(usersBytes, name, change, key);
  const judged = parseUsers(usersFile, changed, nodeCiphers);
  if (judged.kind === 'bad') return { kind: 'mistakes', diagnostics: errorsOf(judged.diagnostics) };
  try {
    writePrivate(usersFile, changed);
  } catch (error) {
    return unusable(error as NodeJS.ErrnoException);
  }
  return { kind: 'changed', isDone: false };
}

/**
 * `off` and `remove` despite mistakes in the files: they can only reduce access. `undefined`: the user has no section,
 * or the users file cannot be read.
 */
function revokeAccess(
  configFile: string,
  name: string,
  change: UserChange,
  key: string | undefined,
): ChangeOutcome | undefined {
  const users = readUsersAlone(configFile);
  if (users === undefined || !hasUser(users.bytes, name)) return undefined;
  const { path, bytes } = users;
  const changed = changedText(bytes, name, change, key);
  try {
    if (changed !== bytes) writePrivate(path, changed);
  } catch (error) {
    return unusable(error as NodeJS.ErrnoException);
  }
  return { kind: 'changed', isDone: changed === bytes };
}

/** BOUNDED: names in one sentence. */
const MAX_NAMES = 8;

export function unknownUser(name: string, { users }: AuthorityTexts): string {
  const names = users.slice(0, MAX_NAMES).map((user) => user.name);
  const more = users.length > MAX_NAMES ? ' … (`bussa user list` shows all)' : '';
  const known = names.length === 0 ? '`bussa user add` makes one' : `there are ${names.join(', ')}${more}`;
  return `there is no user ${name}: ${known}`;
}

function changedText(
  bytes: Uint8Array,
  name: string,
  change: UserChange,
  key: string | undefined,
): Uint8Array {
  if (change !== 'remove') return setUserOff(bytes, name, change === 'off');
  return key === undefined
    ? removeUser(bytes, name)
    : removeKeys(bytes, name, (line, kind) => isNamed(line, kind, key));
}

/** Used instead of a fingerprint, because a user has only one code. */
const CODE = 'code';

/** This word also selects a malformed secret. */
const isNamed = (line: string, kind: CredentialName, key: string): boolean =>
  (kind === 'Code' && key === CODE) || fingerprintIn(line, kind) === key;

function fingerprintIn(line: string, kind: CredentialName): string | undefined {
  if (kind === 'Spa') {
    const spa = parseSpa({ text: line, line: 1, offset: 0 }, new Findings());
    return spa === undefined ? undefined : spaFingerprint(nodeCiphers, spa.credential);
  }
  if (kind === 'Code')
    return parseCode({ text: line, line: 1, offset: 0 }, nodeCiphers, new Findings())?.fingerprint;
  const reading = parseAuthorizedKey(line);
  return reading.kind === 'key' ? fingerprintOf(nodeCiphers, reading.key.key.blob) : undefined;
}

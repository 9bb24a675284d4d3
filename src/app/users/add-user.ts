import { randomBytes } from 'node:crypto';
import { renderBase32, SECRET_BYTES } from '../../core/code/totp.ts';
import { acceptProof } from '../../core/config/file/edit-config.ts';
import { parseConfig } from '../../core/config/file/parse-config.ts';
import { acceptsProof, type DoorSpec } from '../../core/door/door.ts';
import type { UserProof } from '../../core/door/proof-kind.ts';
import { renderServerKeys } from '../../core/signed/server-keys.ts';
import { renderSpaLine } from '../../core/spa/render-fwknoprc.ts';
import type { SpaCredential } from '../../core/spa/spa-credential.ts';
import { MAX_SPA_KEY_BYTES } from '../../core/spa/spa-values.ts';
import { parseAuthorizedKey } from '../../core/ssh/authorized-key.ts';
import { fingerprintOf } from '../../core/ssh/fingerprint.ts';
import { addCredentials } from '../../core/users/edit-users.ts';
import { parseUsers } from '../../core/users/parse-users.ts';
import { spaFingerprint } from '../../core/users/spa-fingerprint.ts';
import { mayOpen } from '../../core/users/user-directory.ts';
import { nodeCiphers } from '../../host/crypto/node-ciphers.ts';
import { replaceFile } from '../../host/files/replace-file.ts';
import { addPorts } from './add-ports.ts';
import {
  type AuthorityTexts,
  errorsOf,
  readAuthority,
  type Unusable,
  unusable,
  writePrivate,
} from './authority-texts.ts';
import { withUsersLock } from './users-lock.ts';

/** The block size of SHA-256. */
const HMAC_KEY_BYTES = 64;

export type AddRequest = {
  readonly configFile: string;
  readonly name: string;
  readonly credential: /** `text`: lines as in authorized_keys; blank lines and comments are skipped. */
    | { readonly kind: 'key'; readonly text: string }
    /** A secret for an authenticator app, created here. */
    | { readonly kind: 'code' }
    /** Keys for the fwknop client, created here. */
    | { readonly kind: 'spa' };
  /** The doors that the user may open; empty: all that accept such a proof. */
  readonly doors: readonly string[];
};

export type AddOutcome =
  | {
      readonly kind: 'added';
      /** Fingerprints of the new keys. */
      readonly keys: readonly string[];
      /** The new secret in base32. No other result contains it. */
      readonly secret?: string;
      /** The new keys for fwknop, if any. */
      readonly spa?: SpaCredential;
      /** Options in front of a key that have no effect. */
      readonly notes: readonly string[];
      /** Files created or changed, in this order. */
      readonly written: readonly string[];
      /** Doors that accept the proof from now on. */
      readonly doors: readonly string[];
      /** All doors that the user may open now. */
      readonly mayOpen: readonly string[];
    }
  | { readonly kind: 'refused'; readonly message: string }
  | Unusable;

/**
 * Adds a user, or a credential of his, and creates what it needs: the server key, the users file, the directives.
 * Everything is checked before anything is written, and `knockd.conf` is written last: a crash in between leaves only
 * parts without effect.
 */
export function addUser(request: AddRequest): AddOutcome {
  return withUsersLock(request.configFile, () => add(request));
}

function add(request: AddRequest): AddOutcome {
  const { configFile, name, credential } = request;
  const texts = readAuthority(configFile, 'ports');
  if (texts.kind !== 'texts') return texts;
  const doors = chooseDoors(texts.config.doors, request.doors, credential.kind);
  if (typeof doors === 'string') return refused(doors);
  const fresh = freshOf(name, credential, texts);
  if (typeof fresh === 'string') return refused(fresh);
  return write(request, texts, fresh, doors);
}

function freshOf(
  name: string,
  credential: AddRequest['credential'],
  texts: AuthorityTexts,
): readonly Fresh[] | string {
  switch (credential.kind) {
    case 'key':
      return freshKeys(name, credential.text, texts);
    case 'code':
      return freshCode(name, texts);
    case 'spa':
      return [freshSpa()];
    default:
      return credential satisfies never;
  }
}

/** What to write for a credential. */
type Fresh = {
  /** For the users file. */
  readonly line: string;
  readonly fingerprint?: string;
  readonly secret?: string;
  readonly spa?: SpaCredential;
  readonly notes: readonly string[];
};

/** `undefined`: the user already has a code on a phone. */
function freshCode(name: string, { users }: AuthorityTexts): readonly Fresh[] {
  if (users.some((user) => user.name === name && user.code !== undefined)) return [];
  const secret = renderBase32(randomBytes(SECRET_BYTES));
  return [{ line: `code = ${secret}`, secret, notes: [] }];
}

/** Keys like those of `fwknop --key-gen`. A user may have several, one per device. */
function freshSpa(): Fresh {
  const spa: SpaCredential = {
    ...{ mode: 'cbc', key: randomBytes(MAX_SPA_KEY_BYTES) },
    hmac: { name: 'sha256', key: randomBytes(HMAC_KEY_BYTES) },
  };
  return { line: renderSpaLine(spa), fingerprint: spaFingerprint(nodeCiphers, spa), spa, notes: [] };
}

function freshKeys(name: string, text: string, { users }: AuthorityTexts): readonly Fresh[] | string {
  const lines = readKeyLines(text);
  if (typeof lines === 'string') return lines;
  const known = new Map(
    users.flatMap((user) => user.keys.map(({ fingerprint }) => [fingerprint, user.name])),
  );
  const foreign = lines.find(({ fingerprint }) => (known.get(fingerprint) ?? name) !== name);
  if (foreign !== undefined)
    return `${foreign.fingerprint} is the key of ${known.get(foreign.fingerprint)}: a key belongs to one user only`;
  return lines
    .filter(({ fingerprint }) => !known.has(fingerprint))
    .map(({ line, ...one }) => ({ line: `key = ${line}`, ...one }));
}

type KeyLine = { readonly line: string; readonly fingerprint: string; readonly notes: readonly string[] };

function write(
  { name, doors: asked, credential: { kind } }: AddRequest,
  texts: AuthorityTexts,
  fresh: readonly Fresh[],
  doors: readonly string[],
): AddOutcome {
  const { configFile, configBytes, usersFile, usersBytes, keyFile, serverKeys } = texts;
  const lines = fresh.map(({ line }) => line);
  const users = addCredentials(usersBytes, name, lines, asked);
  const config = addPorts(acceptProof(configBytes, { proof: kind, doors, user: name }), texts);
  if (typeof config === 'string') return refused(config);
  const [newUsers, newConfig] = [parseUsers(usersFile, users, nodeCiphers), parseConfig(configFile, config)];
  if (newUsers.kind === 'bad' || newConfig.kind === 'bad') {
    const judged = [newUsers, newConfig].flatMap((one) => (one.kind === 'bad' ? one.diagnostics : []));
    return { kind: 'mistakes', diagnostics: errorsOf(judged) };
  }
  const user = newUsers.users.find((one) => one.name === name);
  const open = newConfig.config.doors.filter((door) => user !== undefined && mayOpen(user, door, kind));
  const written: string[] = [];
  try {
    if (kind === 'key' && serverKeys === undefined) {
      writePrivate(keyFile, new TextEncoder().encode(renderServerKeys([{ secret: randomBytes(32) }])));
      written.push(keyFile);
    }
    if (users !== usersBytes) {
      writePrivate(usersFile, users);
      written.push(usersFile);
    }
    if (config !== configBytes) {
      replaceFile(configFile, config);
      written.push(configFile);
    }
  } catch (error) {
    return partly(written, unusable(error as NodeJS.ErrnoException));
  }
  const secret = fresh.find((one) => one.secret !== undefined)?.secret;
  const spa = fresh.find((one) => one.spa !== undefined)?.spa;
  const added = doors.filter(
    (door) => !texts.config.doors.some((one) => one.name === door && acceptsProof(one, kind)),
  );
  return {
    kind: 'added',
    keys: fresh.flatMap(({ fingerprint }) => fingerprint ?? []),
    ...(secret === undefined ? {} : { secret }),
    ...(spa === undefined ? {} : { spa }),
    notes: [...new Set(fresh.flatMap((one) => one.notes))],
    written,
    doors: added,
    mayOpen: open.map((door) => door.name),
  };
}

const WANTED: Readonly<Record<UserProof, string>> = {
  key: 'accepts keys',
  code: 'accepts codes',
  spa: 'accepts SPA',
};

/** The doors that shall accept the proof. A string says why they cannot be determined. */
function chooseDoors(
  all: readonly DoorSpec[],
  asked: readonly string[],
  proof: UserProof,
): readonly string[] | string {
  const names = all.map(({ name }) => name);
  const unknown = asked.find((name) => !names.includes(name));
  if (unknown !== undefined) return `there is no door ${unknown}: there are ${names.join(', ')}`;
  if (asked.length > 0) return asked;
  // A door that lists its users is for those only: nobody is added implicitly.
  if (all.some((door) => acceptsProof(door, proof))) return [];
  const [only, other] = names;
  if (only !== undefined && other === undefined) return [only];
  return `no door ${WANTED[proof]} yet: name one with --door ${names.slice(0, 8).join(' or --door ')}`;
}

function readKeyLines(text: string): readonly KeyLine[] | string {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (lines.length === 0) return 'it contains no key: give the .pub file of an SSH key';
  const found: KeyLine[] = [];
  for (const line of lines) {
    const reading = parseAuthorizedKey(line);
    if (reading.kind === 'bad') return reading.reason;
    const fingerprint = fingerprintOf(nodeCiphers, reading.key.key.blob);
    if (found.some((one) => one.fingerprint === fingerprint)) continue;
    found.push({ line, fingerprint, notes: reading.notes });
  }
  return found;
}

const refused = (message: string): AddOutcome => ({ kind: 'refused', message });

/** The order of the files makes it harmless: without the door's `accept`, new users open nothing. */
function partly(written: readonly string[], failed: Unusable): Unusable {
  if (failed.kind === 'mistakes' || written.length === 0) return failed;
  return {
    ...failed,
    message: `${failed.message}, then run this again (already written: ${written.join(', ')})`,
  };
}

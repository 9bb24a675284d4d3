import { randomBytes, randomInt } from 'node:crypto';
import { acceptProof } from '../../core/config/file/edit-config.ts';
import { parseConfig } from '../../core/config/file/parse-config.ts';
import { type DoorSpec, takes } from '../../core/door/door.ts';
import { drawSequence } from '../../core/door/draw-sequence.ts';
import { renderServerKeys } from '../../core/signed/server-keys.ts';
import { parseAuthorizedKey } from '../../core/ssh/authorized-key.ts';
import { fingerprintOf } from '../../core/ssh/fingerprint.ts';
import { addCredentials } from '../../core/users/edit-users.ts';
import { parseUsers } from '../../core/users/parse-users.ts';
import { mayOpenSomehow } from '../../core/users/user-directory.ts';
import { nodeCiphers } from '../../host/crypto/node-ciphers.ts';
import { replaceFile } from '../../host/files/replace-file.ts';
import { readEphemeralPorts, readServedBy } from '../../host/ports/host-ports.ts';
import {
  type AuthorityTexts,
  errorsOf,
  readAuthority,
  type Unusable,
  unusable,
  writePrivate,
} from './authority-texts.ts';
import { oneChange } from './one-change.ts';

export type AddRequest = {
  readonly configFile: string;
  readonly name: string;
  /** Lines as in authorized_keys; blank ones and comments are passed over. */
  readonly keyText: string;
  /** The doors that the user may open; none: all that accept keys. */
  readonly doors: readonly string[];
};

export type AddOutcome =
  | {
      readonly kind: 'added';
      /** Fingerprints of the keys that are new. */
      readonly keys: readonly string[];
      /** Options in front of a key that have no effect. */
      readonly notes: readonly string[];
      /** Files that were made or changed, in that order. */
      readonly written: readonly string[];
      /** Doors that accept keys from now on. */
      readonly doors: readonly string[];
      /** All that the user may open now. */
      readonly mayOpen: readonly string[];
    }
  | { readonly kind: 'refused'; readonly message: string }
  | Unusable;

/**
 * Adds a user, or a key of his, and makes what is missing for it: the server's key, the users file, the directives. Nothing
 * is written before all of it has been judged, and `knockd.conf` last: a death in between leaves what has no effect yet.
 */
export function addUser(request: AddRequest): AddOutcome {
  return oneChange(request.configFile, () => add(request));
}

function add(request: AddRequest): AddOutcome {
  const texts = readAuthority(request.configFile, 'port');
  if (texts.kind !== 'texts') return texts;
  const lines = readKeyLines(request.keyText);
  if (typeof lines === 'string') return refused(lines);
  const doors = chooseDoors(texts.config.doors, request.doors);
  if (typeof doors === 'string') return refused(doors);
  const known = new Map(
    texts.users.flatMap(({ name, keys }) => keys.map(({ fingerprint }) => [fingerprint, name])),
  );
  const foreign = lines.find(({ fingerprint }) => (known.get(fingerprint) ?? request.name) !== request.name);
  if (foreign !== undefined)
    return refused(
      `${foreign.fingerprint} is the key of ${known.get(foreign.fingerprint)}: a key belongs to one user only`,
    );
  const fresh = lines.filter(({ fingerprint }) => !known.has(fingerprint));
  return write(request, texts, fresh, doors);
}

type KeyLine = { readonly line: string; readonly fingerprint: string; readonly notes: readonly string[] };

function write(
  { name, doors: asked }: AddRequest,
  texts: AuthorityTexts,
  fresh: readonly KeyLine[],
  doors: readonly string[],
): AddOutcome {
  const { configFile, configBytes, usersFile, usersBytes, keyFile, serverKeys } = texts;
  const isNew = !texts.users.some((user) => user.name === name);
  const users =
    fresh.length === 0 && !isNew
      ? usersBytes
      : addCredentials(
          usersBytes,
          name,
          fresh.map(({ line }) => `key = ${line}`),
          asked,
        );
  const port = drawPort(texts);
  if (port === undefined)
    return refused('no UDP port is free for signed knocks: set Signed_Port in [options]');
  const config = acceptProof(configBytes, { doors, proof: 'key', user: name, signedPort: port });
  const [newUsers, newConfig] = [parseUsers(usersFile, users, nodeCiphers), parseConfig(configFile, config)];
  if (newUsers.kind === 'bad' || newConfig.kind === 'bad') {
    const judged = [newUsers, newConfig].flatMap((one) => (one.kind === 'bad' ? one.diagnostics : []));
    return { kind: 'mistakes', diagnostics: errorsOf(judged) };
  }
  const user = newUsers.users.find((one) => one.name === name);
  const open = newConfig.config.doors.filter((door) => user !== undefined && mayOpenSomehow(user, door));
  const written: string[] = [];
  try {
    if (serverKeys === undefined) {
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
    return unusable(error as NodeJS.ErrnoException);
  }
  const keys = fresh.map(({ fingerprint }) => fingerprint);
  const notes = [...new Set(fresh.flatMap((one) => one.notes))];
  const added = doors.filter(
    (door) => !texts.config.doors.some((one) => one.name === door && takes(one, 'key')),
  );
  return { kind: 'added', keys, notes, written, doors: added, mayOpen: open.map((door) => door.name) };
}

/** The doors that are to accept keys. A text says why that cannot be told. */
function chooseDoors(all: readonly DoorSpec[], asked: readonly string[]): readonly string[] | string {
  const names = all.map(({ name }) => name);
  const unknown = asked.find((name) => !names.includes(name));
  if (unknown !== undefined) return `there is no door ${unknown}: there are ${names.join(', ')}`;
  if (asked.length > 0) return asked;
  // Doors that name their users are for those: nobody is added to them unasked.
  if (all.some((door) => takes(door, 'key'))) return [];
  const [only, other] = names;
  if (only !== undefined && other === undefined) return [only];
  return `no door accepts keys yet: name one with --door ${names.slice(0, 8).join(' or --door ')}`;
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

/** One that no service uses, no door knows, and no connection of the host's own takes. */
function drawPort({ config }: AuthorityTexts): number | undefined {
  if (config.settings.signedPort !== undefined) return config.settings.signedPort;
  const { first, last } = readEphemeralPorts();
  const avoid = new Set<number>([...readServedBy('udp'), ...readServedBy('tcp')]);
  for (let port = first; port <= last; port++) avoid.add(port);
  for (const { sequenceSource, opening } of config.doors) {
    if (sequenceSource.kind === 'fixed') for (const { port } of sequenceSource.sequence) avoid.add(port);
    for (const { first: from, last: to } of opening.ports ?? [])
      for (let port: number = from; port <= to; port++) avoid.add(port);
  }
  return drawSequence({ knocks: 1, avoid, draw: (limit) => randomInt(limit) })?.[0].port;
}

const refused = (message: string): AddOutcome => ({ kind: 'refused', message });

import assert from 'node:assert/strict';
import { CurrentCodes } from '../../../src/core/code/current-codes.ts';
import { codeOf } from '../../../src/core/code/totp.ts';
import { parseConfig } from '../../../src/core/config/file/parse-config.ts';
import type { Diagnostic } from '../../../src/core/text/diagnostic.ts';
import { splitLines } from '../../../src/core/text/split-lines.ts';
import { adviseUsers } from '../../../src/core/users/advise-users.ts';
import { addCredentials, removeUser, setUserOff } from '../../../src/core/users/edit-users.ts';
import { parseUsers } from '../../../src/core/users/parse-users.ts';
import type { User } from '../../../src/core/users/user.ts';
import { UserDirectory } from '../../../src/core/users/user-directory.ts';
import { nodeCiphers } from '../../../src/host/crypto/node-ciphers.ts';
import { publicKeyLine } from '../../unit/users/key-lines.ts';
import { texts } from '../corpus.ts';
import { judgePlaces } from '../judge-places.ts';
import { readerTarget, type Target } from '../target.ts';

const FRESH = [
  `key = ${publicKeyLine(0xffff_ffff)}`,
  `code = ${'Q'.repeat(32)}`,
  `spa = key ${'Q'.repeat(43)}= hmac ${'Q'.repeat(43)}= sha256 cbc`,
];

/** Of base32 or base64, no diagnostic may quote so many characters behind each other. */
const QUOTED = 10;
const SECRET_LIKE = /[A-Za-z0-9+/]{10,}/g;

const DOORS = (() => {
  const text =
    '[ssh]\naccept = code, spa\nopen = tcp/22\ncode_ports = 17, 23\n[web]\nsequence = 1,2\nopen = tcp/80\n';
  const result = parseConfig('k', new TextEncoder().encode(text));
  assert.equal(result.kind, 'ok');
  return result.kind === 'ok' ? result.config.doors : [];
})();

/** Users files, what is found in them, and their edits. */
export function usersTarget(): Target {
  return readerTarget(
    {
      name: 'users',
      share: 10,
      material: { corpus: CORPUS, tokens: TOKENS, maxBytes: 65_536 },
    },
    take,
  );
}

function take(bytes: Uint8Array): void {
  const result = parseUsers('f', bytes, nodeCiphers);
  const diagnostics = result.kind === 'bad' ? result.diagnostics : result.warnings;
  judgePlaces(bytes, diagnostics);
  judgeSecrecy(bytes, diagnostics);
  if (result.kind === 'bad') return;
  judgePlaces(bytes, adviseUsers('f', bytes, DOORS));
  const { users } = result;
  const directory = new UserDirectory(users);
  for (const user of users)
    for (const key of user.keys) {
      const found = directory.findKey(key.id);
      assert.deepEqual([found?.user, found?.key], [user, key]);
    }
  judgeCodes(users);
  judgeEdits(
    bytes,
    users.map(({ name }) => name),
  );
}

/** What is wrong with a line that has a secret is said without it: the log keeps what is said. */
function judgeSecrecy(bytes: Uint8Array, diagnostics: readonly Diagnostic[]): void {
  const { lines } = splitLines(bytes);
  const partsOf = new Map<number, ReadonlySet<string>>();
  for (const { place, message } of diagnostics) {
    const parts = partsOf.get(place.line) ?? secretParts(lines[place.line - 1] ?? '');
    partsOf.set(place.line, parts);
    for (let at = 0; at + QUOTED <= message.length; at++)
      assert.ok(!parts.has(message.slice(at, at + QUOTED)), message);
  }
}

function secretParts(line: string): ReadonlySet<string> {
  const [, rest = ''] = /^\s*(?:code|spa)\b(.*)$/i.exec(line) ?? [];
  const runs = rest.match(SECRET_LIKE) ?? [];
  return new Set(
    runs.flatMap((run) =>
      Array.from({ length: run.length - QUOTED + 1 }, (_, at) => run.slice(at, at + QUOTED)),
    ),
  );
}

/** Each secret makes a code, which is found with its owner. */
function judgeCodes(users: readonly User[]): void {
  const secrets = users.flatMap((owner) =>
    owner.code === undefined ? [] : [{ owner, secret: owner.code.secret }],
  );
  const [first] = secrets;
  if (first === undefined) return;
  const code = codeOf(nodeCiphers, first.secret, STEP);
  assert.match(code, /^[0-9]{6}$/);
  const found = new CurrentCodes(nodeCiphers, secrets).find(Number(code), STEP);
  assert.ok(found.some(({ owner, step }) => owner === first.owner && step === STEP));
}

/** A file without mistakes has none after an edit, and the other users are as they were. */
function judgeEdits(bytes: Uint8Array, names: readonly string[]): void {
  const after = (edited: Uint8Array): readonly string[] => {
    const result = parseUsers('f', edited, nodeCiphers);
    assert.equal(result.kind, 'ok');
    return result.kind === 'ok' ? result.users.map(({ name }) => name) : [];
  };
  const name = 'a-new-one';
  if (names.includes(name)) return;
  const added = addCredentials(bytes, name, FRESH, ['ssh']);
  assert.deepEqual(after(added), [...names, name]);
  assert.deepEqual(after(removeUser(added, name)), names);
  const [first] = names;
  if (first === undefined) return;
  assert.deepEqual(after(setUserOff(setUserOff(bytes, first, true), first, false)), names);
  assert.deepEqual(after(removeUser(bytes, first)), names.slice(1));
}

const STEP = 60_000_000;

const KEYS = [1, 2, 3].map(publicKeyLine);

const CORPUS = texts(
  `# people\n[alice]\nkey = ${KEYS[0]} alice@laptop\ndoors = ssh, web\n\n[bob]\nkey = from="192.0.2.0/24,!192.0.2.9",expiry-time="20270101Z" ${KEYS[1]}\nfrom = 2001:db8::/32\nuntil = 2027-01-01 18:00 Z\noff = yes\n`,
  `[a]\r\nkey = no-touch-required,verify-required ${KEYS[2]}\r\n`,
  '[c]\nspa = key AAECAwQFBgcICQoLDA0ODw== hmac AAECAwQFBgcICQoLDA0ODw== sha512 ctr user carol\nspa = key AAEC no-hmac legacy\n',
  '[dave]\n\tcode = KIVSO2RVNPPTSAJ57K7KFTKD4FA6ZSPI\n\tdoors = ssh\n[erin]\ncode=jbsw y3dp ehpk 3pxp jbsw y3dp ehpk 3pxp\nspa = key MDEyMzQ1Njc4OWFiY2RlZg== hmac MDEyMzQ1Njc4OWFiY2RlZg== md5 ofb\n',
  '\uFEFF[frank]\r\ncode = KIVSO2RVNPPTSAJ57K7KFTKD4FA6ZSPJ\r\nuntil = 2027-01-01\r\n[gina]\r\noff = no\r\nspa = key MDEyMzQ1Njc4OWFiY2RlZg== hmac MDEyMzQ1Njc4OWFiY2RlZg== sha3_256 cfb\r\n',
);

const TOKENS = texts(
  '\n',
  '\r\n',
  '[',
  ']',
  '[alice]\n',
  'key = ',
  'spa = key ',
  'code = ',
  'KIVSO2RVNPPTSAJ57K7KFTKD4FA6ZSPI',
  ' sha256 cbc',
  ' user ',
  'MDEyMzQ1Njc4OWFiY2RlZg==',
  ' hmac ',
  ' no-hmac',
  'doors = ',
  'from = ',
  'until = ',
  'off = yes\n',
  'ssh-ed25519 ',
  'ssh-rsa ',
  'sk-ecdsa-sha2-nistp256@openssh.com ',
  'AAAAC3NzaC1lZDI1NTE5AAAAI',
  ...KEYS.map((key) => `${key}\n`),
  'from="',
  'expiry-time="',
  'cert-authority ',
  '"',
  '\\"',
  ',',
  '#',
  '=',
  '\0',
  '\uFEFF',
  '2027-01-01',
  '192.0.2.0/24',
  '2001:db8::/32',
);

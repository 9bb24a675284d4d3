import assert from 'node:assert/strict';
import { addCredentials, removeUser, setUserOff } from '../../../src/core/users/edit-users.ts';
import { parseUsers } from '../../../src/core/users/parse-users.ts';
import { UserDirectory } from '../../../src/core/users/user-directory.ts';
import { nodeCiphers } from '../../../src/host/crypto/node-ciphers.ts';
import { publicKeyLine } from '../../unit/users/key-lines.ts';
import { texts } from '../corpus.ts';
import { judgePlaces } from '../judge-places.ts';
import type { Target } from '../target.ts';

const FRESH = publicKeyLine(0xffff_ffff);

/** Users files, what is found in them, and their edits. */
export function usersTarget(): Target {
  return {
    name: 'users',
    share: 10,
    material: { corpus: CORPUS, tokens: TOKENS, maxBytes: 65_536 },
    take: (bytes, length) => take(bytes.slice(0, length)),
    allocates: true,
    close: () => undefined,
  };
}

function take(bytes: Uint8Array): void {
  const result = parseUsers('f', bytes, nodeCiphers);
  judgePlaces(bytes, result.kind === 'bad' ? result.diagnostics : result.warnings);
  if (result.kind === 'bad') return;
  const { users } = result;
  const directory = new UserDirectory(users);
  for (const user of users)
    for (const key of user.keys) {
      const found = directory.findKey(key.id);
      assert.deepEqual([found?.user, found?.key], [user, key]);
    }
  judgeEdits(
    bytes,
    users.map(({ name }) => name),
  );
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
  const added = addCredentials(bytes, name, [`key = ${FRESH}`], []);
  assert.deepEqual(after(added), [...names, name]);
  assert.deepEqual(after(removeUser(added, name)), names);
  const [first] = names;
  if (first === undefined) return;
  assert.deepEqual(after(setUserOff(setUserOff(bytes, first, true), first, false)), names);
  assert.deepEqual(after(removeUser(bytes, first)), names.slice(1));
}

const KEYS = [1, 2, 3].map(publicKeyLine);

const CORPUS = texts(
  `# people\n[alice]\nkey = ${KEYS[0]} alice@laptop\ndoors = ssh, web\n\n[bob]\nkey = from="192.0.2.0/24,!192.0.2.9",expiry-time="20270101Z" ${KEYS[1]}\nfrom = 2001:db8::/32\nuntil = 2027-01-01 18:00 Z\noff = yes\n`,
  `[a]\r\nkey = no-touch-required,verify-required ${KEYS[2]}\r\n`,
  '[c]\nspa = key AAECAwQFBgcICQoLDA0ODw== hmac AAECAwQFBgcICQoLDA0ODw== sha512 ctr user carol\nspa = key AAEC no-hmac legacy\n',
);

const TOKENS = texts(
  '\n',
  '\r\n',
  '[',
  ']',
  '[alice]\n',
  'key = ',
  'spa = key ',
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

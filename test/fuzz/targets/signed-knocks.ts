import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { DoorSpec } from '../../../src/core/door/door.ts';
import { type Address, parseAddress } from '../../../src/core/net/address.ts';
import { instant } from '../../../src/core/net/time.ts';
import { proveKnock } from '../../../src/core/proof/prove-knock.ts';
import { refusalWords } from '../../../src/core/proof/refusal-words.ts';
import { deriveContext } from '../../../src/core/signed/hpke.ts';
import { CLOCK_WINDOW_MS } from '../../../src/core/signed/judge-knock.ts';
import { HPKE_INFO, KNOCK } from '../../../src/core/signed/knock-layout.ts';
import { openReply, REPLY_NONCE_BYTES } from '../../../src/core/signed/knock-reply.ts';
import { noiseReason, openKnock } from '../../../src/core/signed/open-knock.ts';
import { serverMarks, tagOf, wordOf } from '../../../src/core/signed/server-word.ts';
import { parseUsers } from '../../../src/core/users/parse-users.ts';
import { UserDirectory } from '../../../src/core/users/user-directory.ts';
import { nodeCiphers as ciphers } from '../../../src/host/crypto/node-ciphers.ts';
import { door } from '../../unit/attempt/knocks.ts';
import { texts } from '../corpus.ts';
import { readerTarget, type Target } from '../target.ts';

type Vector = {
  readonly expect: string;
  readonly from: string;
  readonly nowMs: number;
  readonly packetHex: string;
  readonly headHex: string;
  readonly ephemeralPrivateHex: string;
  readonly publicKeyBlobB64: string;
};

const file = JSON.parse(
  readFileSync(new URL('../../vectors/signed-knock-vectors.json', import.meta.url), 'utf8'),
);
const secret = Buffer.from(file.serverPrivateHex, 'hex');
const point = ciphers.x25519Public(secret);
const SERVER = { secret, point, marks: serverMarks(ciphers, point) };
const VECTORS: readonly Vector[] = file.vectors.filter(({ expect }: Vector) => expect === 'opens');

const USERS = usersOf(VECTORS);
const DOORS: readonly DoorSpec[] = [{ ...door('ssh', '7000'), accept: ['key'] }];

/** What the first byte makes of the others: as it came · with the right tag and word · as what is sealed · as a reply. */
const KINDS = ['packet', 'marked', 'body', 'reply'] as const;

/** Signed knocks, changed before and behind their tag and seal: by strangers, by who has the card, and by users. */
export function signedKnocksTarget(): Target {
  return readerTarget(
    {
      name: 'signed-knocks',
      share: 10,
      material: { corpus: corpus(), tokens: [...TOKENS, ...NAMES], maxBytes: 1600 },
    },
    take,
  );
}

/** Which vector it was made of is in the second byte. */
function take(input: Uint8Array): void {
  const kind = KINDS[(input[0] ?? 0) % KINDS.length];
  const vector = VECTORS[(input[1] ?? 0) % VECTORS.length] as Vector;
  const bytes = input.subarray(2);
  if (kind === 'reply') {
    openReply(ciphers, point, bytes);
    openReply(ciphers, point, sealedReply(bytes));
  } else judge(kind === 'packet' ? bytes : kind === 'marked' ? marked(bytes) : sealed(bytes, vector), vector);
}

/** Whether it opens. */
function judge(packet: Uint8Array, vector: Vector): boolean {
  if (noiseReason(SERVER, packet) !== undefined) return false;
  const opened = openKnock(ciphers, SERVER, packet);
  if (opened.kind === 'refused') return false;
  const { body } = opened;
  const judged = proveKnock(ciphers, body, opened.point, {
    serverPublic: point,
    users: USERS,
    doors: DOORS,
    from: parseAddress(vector.from) as Address,
    now: instant(vector.nowMs),
    window: CLOCK_WINDOW_MS,
    isForgotten: () => false,
    isChallenge: () => false,
  });
  if (judged.kind === 'refused') {
    const { reason, shortReason } = refusalWords(judged, body);
    assert.ok(reason.length > 0 && shortReason.length < 100);
    return false;
  }
  // Nothing but what was signed opens.
  const heads = VECTORS.map(({ headHex }) => headHex);
  assert.ok(
    heads.includes(Buffer.from(body.head).toString('hex')),
    'something else than what was signed opens',
  );
  return true;
}

/** With the tag and the word that belong to its ephemeral key. */
function marked(bytes: Uint8Array): Uint8Array {
  if (bytes.length < KNOCK.sealed) return bytes;
  const packet = Uint8Array.from(bytes);
  const view = new DataView(packet.buffer);
  const tag = new Int32Array(2);
  tagOf(SERVER.marks, packet, tag);
  view.setUint32(KNOCK.word, wordOf(SERVER.marks, packet));
  view.setInt32(KNOCK.tag, tag[0] as number, true);
  view.setInt32(KNOCK.tag + 4, tag[1] as number, true);
  return packet;
}

/** Sealed under the vector's own ephemeral key, so that its signature is good where nothing was changed. */
function sealed(body: Uint8Array, { packetHex, ephemeralPrivateHex }: Vector): Uint8Array {
  const packet = Uint8Array.from(Buffer.from(packetHex, 'hex'));
  const enc = packet.subarray(KNOCK.ephemeral, KNOCK.sealed);
  const shared = ciphers.x25519(Buffer.from(ephemeralPrivateHex, 'hex'), point) as Uint8Array;
  const { key, nonce } = deriveContext(ciphers, shared, enc, point, HPKE_INFO);
  const plain = new Uint8Array(packet.length - KNOCK.sealed - 16);
  plain.set(body.subarray(0, plain.length));
  packet.set(ciphers.seal(key, nonce, packet.subarray(0, KNOCK.ephemeral), plain), KNOCK.sealed);
  return packet;
}

function sealedReply(body: Uint8Array): Uint8Array {
  const nonce = new Uint8Array(REPLY_NONCE_BYTES);
  return Buffer.concat([nonce, ciphers.seal(point, nonce, new Uint8Array(0), body)]);
}

function corpus(): readonly Uint8Array[] {
  return VECTORS.flatMap((vector, n) => {
    const packet = Buffer.from(vector.packetHex, 'hex');
    const opened = openKnock(ciphers, SERVER, packet);
    assert.equal(opened.kind, 'knock');
    const { head, signature } = (opened as Extract<typeof opened, { kind: 'knock' }>).body;
    const length = Uint8Array.of(signature.length >> 8, signature.length & 0xff);
    const body = Buffer.concat([head, length, signature]);
    // What is changed has to have been good.
    assert.ok(judge(packet, vector) && judge(sealed(body, vector), vector));
    return [
      Buffer.concat([Uint8Array.of(0, n), packet]),
      Buffer.concat([Uint8Array.of(1, n), packet]),
      Buffer.concat([Uint8Array.of(2, n), body]),
      Buffer.concat([Uint8Array.of(3, n), new Uint8Array(80)]),
    ];
  });
}

function usersOf(vectors: readonly Vector[]): UserDirectory {
  const sections = vectors.map(({ publicKeyBlobB64 }, n) => {
    const blob = Buffer.from(publicKeyBlobB64, 'base64');
    const type = blob.toString('latin1', 4, 4 + blob.readUInt32BE(0));
    return `[user${n}]\nkey = ${type} ${publicKeyBlobB64}\n`;
  });
  const result = parseUsers('users.conf', new TextEncoder().encode(sections.join('')), ciphers);
  assert.equal(result.kind, 'ok');
  return new UserDirectory(result.kind === 'ok' ? result.users : []);
}

/** Points of low order (RFC 7748, § 6.1, and their forms beyond the prime), and lengths that are too large. */
const TOKENS: readonly Uint8Array[] = [
  '00'.repeat(32),
  `01${'00'.repeat(31)}`,
  `ecffffff${'ff'.repeat(27)}7f`,
  `edffffff${'ff'.repeat(27)}7f`,
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  'ffff',
  'ffffffff',
  '00000000',
  '0000000b7373682d65643235353139',
  '80',
].map((digits) => Uint8Array.from(Buffer.from(digits, 'hex')));

const NAMES = texts('ssh', 'ssh-ed25519', 'rsa-sha2-512', 'ssh-rsa', 'ecdsa-sha2-nistp256');

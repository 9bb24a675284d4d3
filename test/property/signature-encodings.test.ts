// Signatures in every encoding that anybody may send, beside ssh-keygen -Y check-novalidate: what it refuses opens nothing.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { suite, test } from 'node:test';
import { concatBytes, uint32 } from '../../src/core/bytes/concat-bytes.ts';
import { NAMESPACE } from '../../src/core/signed/knock-layout.ts';
import { readPublicKey, type SshPublicKey } from '../../src/core/ssh/public-key.ts';
import { judgeSignature, sshsigText } from '../../src/core/ssh/ssh-signature.ts';
import { sshString } from '../../src/core/ssh/ssh-writer.ts';
import { nodeCiphers as ciphers } from '../../src/host/crypto/node-ciphers.ts';
import { Scratch } from '../lab/child-module.ts';
import { repeats } from '../lab/effort.ts';
import { draw, seededRandom } from '../lab/seeded-random.ts';

const MESSAGE = Buffer.from('a knock');
const TEXT = sshsigText(NAMESPACE, ciphers.sha512(MESSAGE));

/** A signature as its parts: the algorithm, the strings or numbers behind it, and what a token adds. */
type Parts = { readonly algorithm: string; readonly body: Uint8Array; readonly tail: Uint8Array };

type Signer = {
  readonly name: string;
  readonly key: SshPublicKey;
  readonly parts: Parts;
  /** ECDSA: r, s, and the order of the curve. */
  readonly numbers?: readonly [bigint, bigint, bigint];
};

const bytesOf = (value: bigint): Uint8Array => {
  const hex = value.toString(16);
  return Uint8Array.fromHex(hex.length % 2 === 0 ? hex : `0${hex}`);
};
const numberOf = (bytes: Uint8Array): bigint => BigInt(`0x${bytes.toHex() || '0'}`);
const mpint = (value: bigint): Uint8Array => {
  const bytes = value === 0n ? new Uint8Array() : bytesOf(value);
  return sshString((bytes[0] ?? 0) >= 0x80 ? concatBytes(Uint8Array.of(0), bytes) : bytes);
};

const jwkBytes = (key: KeyObject, name: 'x' | 'y' | 'n' | 'e'): Uint8Array =>
  Buffer.from(String(key.export({ format: 'jwk' })[name] ?? ''), 'base64url');

const ORDERS = {
  'P-256': 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  'P-384':
    0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  'P-521':
    0x01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
} as const;

const CURVES = [
  ['nistp256', 'P-256', 'sha256'],
  ['nistp384', 'P-384', 'sha384'],
  ['nistp521', 'P-521', 'sha512'],
] as const;

function signerOf(
  name: string,
  parts: Parts,
  blob: readonly (string | Uint8Array)[],
  numbers?: Signer['numbers'],
): Signer {
  const reading = readPublicKey(concatBytes(...blob.map((part) => sshString(part))));
  assert.ok(reading.kind === 'key', name);
  return { name, key: reading.key, parts, ...(numbers === undefined ? {} : { numbers }) };
}

/** `token`: the key of a hardware token, emulated: it was touched, and has signed so many times. */
function ecdsa([curve, crv, hash]: (typeof CURVES)[number], token?: number): Signer {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: crv });
  const algorithm = token === undefined ? `ecdsa-sha2-${curve}` : 'sk-ecdsa-sha2-nistp256@openssh.com';
  const raw = sign(hash, tokenText(token), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  const half = raw.length / 2;
  const [r, s] = [numberOf(raw.subarray(0, half)), numberOf(raw.subarray(half))];
  const point = concatBytes(Uint8Array.of(4), jwkBytes(publicKey, 'x'), jwkBytes(publicKey, 'y'));
  const body = sshString(concatBytes(mpint(r), mpint(s)));
  const application = token === undefined ? [] : ['ssh:'];
  return signerOf(
    algorithm,
    { algorithm, body, tail: tailOf(token) },
    [algorithm, curve, point, ...application],
    [r, s, ORDERS[crv]],
  );
}

function ed25519(token?: number): Signer {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const algorithm = token === undefined ? 'ssh-ed25519' : 'sk-ssh-ed25519@openssh.com';
  const parts = { algorithm, body: sshString(sign(null, tokenText(token), privateKey)), tail: tailOf(token) };
  return signerOf(algorithm, parts, [
    algorithm,
    jwkBytes(publicKey, 'x'),
    ...(token === undefined ? [] : ['ssh:']),
  ]);
}

function rsa(hash: 'sha512' | 'sha256'): Signer {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const algorithm = `rsa-sha2-${hash.slice(3)}`;
  const parts = { algorithm, body: sshString(sign(hash, TEXT, privateKey)), tail: new Uint8Array() };
  const [e, n] = [jwkBytes(publicKey, 'e'), concatBytes(Uint8Array.of(0), jwkBytes(publicKey, 'n'))];
  return signerOf(algorithm, parts, ['ssh-rsa', e, n]);
}

const tailOf = (token: number | undefined): Uint8Array =>
  token === undefined ? new Uint8Array() : concatBytes(Uint8Array.of(1), uint32(token));

const tokenText = (token: number | undefined): Uint8Array =>
  token === undefined
    ? TEXT
    : concatBytes(ciphers.sha256(Buffer.from('ssh:')), tailOf(token), ciphers.sha256(TEXT));

const blobOf = ({ algorithm, body, tail }: Parts): Uint8Array =>
  concatBytes(sshString(algorithm), body, tail);

type Change = (signer: Signer, random: () => number) => Uint8Array;

const ED_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

const inner = ({ parts }: Signer): Uint8Array => parts.body.subarray(4);
const withBody = ({ parts }: Signer, body: Uint8Array): Uint8Array =>
  blobOf({ ...parts, body: sshString(body) });

const withNumbers =
  (change: (r: bigint, s: bigint, order: bigint) => readonly Uint8Array[]): Change =>
  (signer) =>
    signer.numbers === undefined
      ? withBody(signer, inner(signer).toReversed())
      : withBody(signer, concatBytes(...change(...signer.numbers)));

const CHANGES: Readonly<Record<string, Change>> = {
  'nothing is changed': ({ parts }) => blobOf(parts),
  'a bit': ({ parts }, random) => {
    const blob = blobOf(parts);
    const at = Math.floor(random() * blob.length);
    blob[at] = (blob[at] as number) ^ (1 << Math.floor(random() * 8));
    return blob;
  },
  'a byte too many': ({ parts }) => concatBytes(blobOf(parts), Uint8Array.of(0)),
  'a byte too few': ({ parts }) => blobOf(parts).subarray(0, -1),
  'a zero in front': (signer) => withBody(signer, concatBytes(Uint8Array.of(0), inner(signer))),
  'a zero behind': (signer) => withBody(signer, concatBytes(inner(signer), Uint8Array.of(0))),
  'nothing in it': (signer) => withBody(signer, new Uint8Array()),
  'another algorithm': (signer, random) => {
    const names = ['ssh-rsa', 'rsa-sha2-256', 'ssh-ed25519', 'ecdsa-sha2-nistp256', 'RSA-SHA2-512', ''];
    return blobOf({ ...signer.parts, algorithm: draw(random, names as [string, ...string[]]) });
  },
  'another counter': ({ parts }) => blobOf({ ...parts, tail: concatBytes(Uint8Array.of(1), uint32(7)) }),
  'no touch': ({ parts }) => blobOf({ ...parts, tail: concatBytes(Uint8Array.of(0), uint32(9)) }),
  'the order added': (signer) => {
    if (signer.key.key.kind !== 'ed25519') return CHANGES['r and the order']?.(signer, () => 0) as Uint8Array;
    const raw = inner(signer);
    const sum = numberOf(raw.slice(32).reverse()) + ED_ORDER;
    return withBody(signer, concatBytes(raw.slice(0, 32), bytesOf(sum).toReversed()));
  },
  'r and the order': withNumbers((r, s, order) => [mpint(r + order), mpint(s)]),
  's on the other side': withNumbers((r, s, order) => [mpint(r), mpint(order - s)]),
  'r and s the other way round': withNumbers((r, s) => [mpint(s), mpint(r)]),
  'r is zero': withNumbers((_, s) => [mpint(0n), mpint(s)]),
  's is the order': withNumbers((r, _, order) => [mpint(r), mpint(order)]),
  'a longer number': withNumbers((r, s) => [sshString(concatBytes(new Uint8Array(2), bytesOf(r))), mpint(s)]),
  'a negative number': withNumbers((r, s) => [
    sshString(concatBytes(Uint8Array.of(0xff), bytesOf(r))),
    mpint(s),
  ]),
};

/** ssh-keygen(1): whether the signature is the key's, whoever that is. */
function keygenTakes(scratch: Scratch, { blob }: SshPublicKey, signature: Uint8Array): boolean {
  const parts = [blob, NAMESPACE, '', 'sha512', signature].map((part) => sshString(part));
  const armour = Buffer.from(concatBytes(Buffer.from('SSHSIG'), uint32(1), ...parts)).toString('base64');
  const lines = armour.replace(/.{70}/g, '$&\n');
  const file = scratch.file('sig', `-----BEGIN SSH SIGNATURE-----\n${lines}\n-----END SSH SIGNATURE-----\n`);
  const args = ['-Y', 'check-novalidate', '-n', NAMESPACE, '-s', file];
  return spawnSync('ssh-keygen', args, { input: MESSAGE }).status === 0;
}

/** What ssh-keygen takes and a knock may not have: SHA-256, and numbers that are not in their shortest form. */
const STRICTER = /rsa-sha2-256|a longer number|the order added/;

suite('signatures in any encoding', () => {
  test('are good here only where ssh-keygen finds them good, and there too but for weaker ones', (t) => {
    using scratch = new Scratch();
    const random = seededRandom(t);
    const signers = [
      ed25519(),
      ed25519(9),
      ...CURVES.map((curve) => ecdsa(curve)),
      ecdsa(CURVES[0], 9),
      rsa('sha512'),
      rsa('sha256'),
    ] as [Signer, ...Signer[]];
    const changes = Object.entries(CHANGES);
    const pairs = signers.flatMap((signer) => changes.map((change) => [signer, change] as const));
    const rounds = repeats('BUSSA_SIGNATURES', { quick: 1, full: 20 });
    let good = 0;
    for (let round = 0; round < rounds; round++)
      for (const [signer, [name, change]] of pairs) {
        const signature = change(signer, random);
        const ours = judgeSignature(ciphers, signer.key, TEXT, signature).kind === 'good';
        if (ours) good++;
        // The slow judge is asked in any case where something is taken, and in some of the others.
        if (!ours && name !== 'nothing is changed' && random() < 0.6) continue;
        const theirs = keygenTakes(scratch, signer.key, signature);
        const what = `${signer.name}: ${name}`;
        if (ours || !STRICTER.test(what)) assert.equal(ours, theirs, what);
      }
    assert.ok(good >= signers.length - 1, `${good} were good`);
  });
});

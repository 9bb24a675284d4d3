// Public keys whose numbers are wrong, beside OpenSSL.

import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { concatBytes } from '../../../src/core/bytes/concat-bytes.ts';
import { readPublicKey } from '../../../src/core/ssh/public-key.ts';
import { sshString } from '../../../src/core/ssh/ssh-writer.ts';
import { seeded } from '../../lab/seed.ts';

const CURVES = [
  ['nistp256', 'P-256', 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n],
  ['nistp384', 'P-384', 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n],
  ['nistp521', 'P-521', 2n ** 521n - 1n],
] as const;

const isTaken = (...parts: readonly (string | Uint8Array)[]): boolean =>
  readPublicKey(concatBytes(...parts.map((part) => sshString(part)))).kind === 'key';

function opensslTakes(crv: string, x: Buffer, y: Buffer): boolean {
  const key = { kty: 'EC', crv, x: x.toString('base64url'), y: y.toString('base64url') };
  try {
    createPublicKey({ key, format: 'jwk' });
    return true;
  } catch {
    return false;
  }
}

test('a point of an ECDSA key is taken where OpenSSL takes it: whole, with a bit changed, or with the prime added', (t) => {
  const change = fc.record({ which: fc.nat({ max: 2 }), bit: fc.nat({ max: 1055 }), doesAdd: fc.boolean() });
  fc.assert(
    fc.property(change, ({ which, bit, doesAdd }) => {
      const [curve, crv, prime] = CURVES[which] ?? CURVES[0];
      const jwk = generateKeyPairSync('ec', { namedCurve: crv }).publicKey.export({ format: 'jwk' });
      const [x, y] = [jwk.x, jwk.y].map((text) => Buffer.from(text ?? '', 'base64url')) as [Buffer, Buffer];
      const isGood = (): boolean =>
        isTaken(`ecdsa-sha2-${curve}`, curve, concatBytes(Uint8Array.of(4), x, y));
      assert.ok(isGood() && opensslTakes(crv, x, y));
      const part = bit % 2 === 0 ? x : y;
      if (doesAdd) {
        const sum = BigInt(`0x${part.toString('hex')}`) + prime;
        if (sum >= 2n ** BigInt(part.length * 8)) return;
        part.write(sum.toString(16).padStart(part.length * 2, '0'), 'hex');
      } else {
        const at = (bit >> 4) % part.length;
        part.writeUInt8(part.readUInt8(at) ^ (1 << ((bit >> 1) & 7)), at);
      }
      assert.equal(isGood(), false);
      assert.equal(opensslTakes(crv, x, y), false);
    }),
    seeded(t, { numRuns: 60 }),
  );
});

const littleEndian = (value: bigint): Uint8Array =>
  Uint8Array.fromHex(value.toString(16).padStart(64, '0')).toReversed();

test('an Ed25519 key of low order, or written as a number above the prime, is refused', () => {
  const prime = 2n ** 255n - 19n;
  const sign = 2n ** 255n;
  const order8 = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n;
  const d = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;
  assert.equal((d * order8 ** 4n + 2n * order8 ** 2n) % prime, 1n);
  const weak = [0n, 1n, prime - 1n, order8, prime - order8, prime, prime + 1n, prime + 18n];
  for (const y of weak.flatMap((one) => [one, one + sign])) {
    const point = littleEndian(y);
    assert.equal(isTaken('ssh-ed25519', point), false, `${y}`);
    assert.equal(isTaken('sk-ssh-ed25519@openssh.com', point, 'ssh:'), false, `${y}`);
  }
  for (let times = 0; times < 20; times++) {
    const spki = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'der' });
    assert.ok(isTaken('ssh-ed25519', spki.subarray(-32)));
  }
});

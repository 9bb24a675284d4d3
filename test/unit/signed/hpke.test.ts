import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deriveContext } from '../../../src/core/signed/hpke.ts';
import { sipHash24 } from '../../../src/core/signed/siphash.ts';
import { nodeCiphers } from '../../../src/host/crypto/node-ciphers.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));
const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

test('HPKE gives the keys of RFC 9180, appendix A.2.1', () => {
  const receiver = hex('4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a');
  const enc = hex('1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a');
  const sender = hex('f4ec9b33b792c372c1d2c2063507b684ef925b8c75a42dbcbf57d63ccd381600');
  const secret = hex('8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb');
  const info = 'Ode on a Grecian Urn';
  assert.equal(toHex(nodeCiphers.x25519Public(sender)), toHex(enc));
  for (const shared of [nodeCiphers.x25519(secret, enc), nodeCiphers.x25519(sender, receiver)]) {
    assert.ok(shared !== undefined);
    const context = deriveContext(nodeCiphers, shared, enc, receiver, info);
    assert.equal(toHex(context.key), 'ad2744de8e17f4ebba575b3f5f5a8fa1f69c2a07f6e7500bc60ca6e3e3ec1c91');
    assert.equal(toHex(context.nonce), '5c4d98150661b848853b547f');
    assert.equal(toHex(context.exporter), 'a3b010d4994890e2c6968a36f64470d3c824c8f5029942feb11e7a74b2921922');
  }
});

test('SipHash-2-4 gives the values of its reference implementation', () => {
  const bytes = Uint8Array.from({ length: 16 }, (_, i) => i);
  const word = (at: number): number => new DataView(bytes.buffer).getInt32(at, true);
  const key = [word(0), word(4), word(8), word(12)] as const;
  const out = new Int32Array(2);
  for (const [length, expected] of [
    [0, '310e0edd47db6f72'],
    [8, '6224939a79f5f593'],
    [16, 'db9bc2577fcc2a3f'],
  ] as const) {
    sipHash24(key, bytes, 0, length, out);
    assert.equal(toHex(new Uint8Array(out.buffer)), expected, `${length} bytes`);
  }
});

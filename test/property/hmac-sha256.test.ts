/** HMAC-SHA256 whose keys and messages are prepared once, beside OpenSSL's. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { HmacSha256Key, HmacSha256Message } from '../../src/core/cipher/hmac-sha256.ts';
import { nodeCiphers as ciphers } from '../../src/host/crypto/node-ciphers.ts';
import { seeded } from '../lab/seed.ts';

const bytes = (maxLength: number) => fc.uint8Array({ minLength: 0, maxLength, size: 'max' });

/** Used again for each text, shorter or longer. */
const message = new HmacSha256Message(1510);

const viewOf = (tag: Uint8Array): DataView => new DataView(tag.buffer, tag.byteOffset, tag.length);

test('many keys and one message: the tag of OpenSSL is right, and one with another bit is wrong', (t) => {
  const property = fc.property(
    fc.array(bytes(128), { minLength: 1, maxLength: 5 }),
    bytes(1510),
    fc.nat(255),
    (keys, text, bit) => {
      message.load(text, text.length);
      for (const key of keys) {
        const prepared = new HmacSha256Key(ciphers, key);
        const tag = createHmac('sha256', key).update(text).digest();
        assert.ok(prepared.isTagOf(message, viewOf(tag)));
        tag[bit >> 3] = (tag[bit >> 3] as number) ^ (1 << (bit & 7));
        assert.ok(!prepared.isTagOf(message, viewOf(tag)));
      }
    },
  );
  fc.assert(property, seeded(t, { numRuns: 1000 }));
});

test('every length of a message around the blocks', () => {
  const key = new Uint8Array(64).fill(7);
  const prepared = new HmacSha256Key(ciphers, key);
  for (let length = 0; length <= 260; length++) {
    const text = new Uint8Array(length).fill(length);
    const tag = createHmac('sha256', key).update(text).digest();
    message.load(text, length);
    assert.ok(prepared.isTagOf(message, viewOf(tag)), `${length} bytes`);
  }
});

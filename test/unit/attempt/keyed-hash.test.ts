import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyedHash } from '../../../src/core/attempt/keyed-hash.ts';

test('the hash is HalfSipHash-1-3: the vector of the Linux kernel for 24 bytes', () => {
  // lib/tests/siphash_kunit.c, test_vectors_hsiphash for 32 bits: the bytes 0, 1, … 23 under the key 0, 1, … 7.
  const words = [0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c, 0x13121110, 0x17161514] as const;
  assert.equal(keyedHash([0x03020100, 0x07060504], ...words) >>> 0, 0x57150ad7);
});

test('unsigned and signed words are the same', () => {
  assert.equal(
    keyedHash([0xffff_fff0, 0x8000_0000], 0xffff_ffff, 0x8000_0000, 1, 2, 3, 4),
    keyedHash([-16, -0x8000_0000], -1, -0x8000_0000, 1, 2, 3, 4),
  );
});

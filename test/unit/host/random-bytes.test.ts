import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomBytes } from '../../../src/host/self/random-bytes.ts';

test('as many bytes as asked for, and others each time', () => {
  assert.equal(randomBytes(0).length, 0);
  const draws = Array.from({ length: 100 }, () => Buffer.from(randomBytes(16)).toString('hex'));
  assert.ok(draws.every((draw) => draw.length === 32));
  assert.equal(new Set(draws).size, draws.length);
});

test('every byte is drawn', () => {
  const drawn = new Uint8Array(256);
  for (let i = 0; i < 8; i++)
    for (const [at, byte] of randomBytes(256).entries()) drawn[at] = (drawn[at] ?? 0) | byte;
  assert.ok(drawn.every((byte) => byte !== 0));
});

test('more than the kernel gives at once is refused', () => {
  assert.throws(() => randomBytes(257), RangeError);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant } from '../../../src/core/net/time.ts';
import { Challenges } from '../../../src/core/signed/challenges.ts';
import { nodeCiphers } from '../../../src/host/crypto/node-ciphers.ts';
import { address } from '../attempt/knocks.ts';

const KEY = new Uint8Array(16).fill(1);
const source = address('192.0.2.7');
const challenges = new Challenges(nodeCiphers, new Uint8Array(32).fill(7));
const made = challenges.make(KEY, source, instant(100_000));

test('a challenge is good for this key and source, until the next half-minute is over', () => {
  for (const [now, isGood] of [
    [100_000, true],
    [149_999, true],
    [150_000, false],
    [60_000, false],
  ] as const)
    assert.equal(challenges.isGood(made, KEY, source, instant(now)), isGood, `${now}`);
});

test('for another key, another source, another server or process it is none', () => {
  const now = instant(100_000);
  assert.equal(challenges.isGood(made, new Uint8Array(16), source, now), false);
  assert.equal(challenges.isGood(made, KEY, address('192.0.2.8'), now), false);
  assert.equal(challenges.isGood(made, KEY, address('::ffff:192.0.2.7'), now), false);
  assert.equal(new Challenges(nodeCiphers, new Uint8Array(32)).isGood(made, KEY, source, now), false);
  assert.equal(challenges.isGood(made.subarray(1), KEY, source, now), false);
});

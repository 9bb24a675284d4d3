import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Verdict } from '../../scripts/vector-fields.ts';
import { judgeCodes } from '../../scripts/vectors-codes.ts';
import { judgeSignedKnocks } from '../../scripts/vectors-signed.ts';
import { judgeSpa } from '../../scripts/vectors-spa.ts';

type Judge = (file: unknown) => readonly Verdict[] | undefined;

const FILES: readonly (readonly [string, Judge, number])[] = [
  ['signed-knock-vectors', judgeSignedKnocks, 15],
  ['totp-vectors', judgeCodes, 32],
  ['fwknop-vectors', judgeSpa, 42],
];

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8'));

for (const [name, judge, count] of FILES) {
  test(`${name}: all are as expected, and made again byte for byte`, () => {
    const verdicts = judge(read(name)) ?? [];
    assert.equal(verdicts.length, count);
    assert.deepEqual(
      verdicts.filter(({ found }) => found.length > 0),
      [],
    );
  });
}

test('vectors that were changed are not as expected', () => {
  const signed = read('signed-knock-vectors');
  for (const vector of signed.vectors) vector.packetHex = `${vector.packetHex.slice(0, -2)}00`;
  const codes = read('totp-vectors');
  for (const vector of codes.vectors) vector.unixSeconds += vector.period;
  const spa = read('fwknop-vectors');
  for (const vector of spa.vectors)
    vector.packet = `${vector.packet.slice(0, 30)}A${vector.packet.slice(31)}`;
  const wrong = (judge: Judge, file: unknown): number =>
    (judge(file) ?? []).filter(({ found }) => found.length > 0).length;
  assert.ok(wrong(judgeSignedKnocks, signed) >= 7);
  assert.equal(wrong(judgeCodes, codes), codes.vectors.length);
  assert.ok(wrong(judgeSpa, spa) >= 30);
});

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { judgeSignedKnocks } from '../../../scripts/vectors-signed.ts';

const FILE = new URL('../../vectors/signed-knock-vectors.json', import.meta.url);

test('the vectors of signed knocks are judged, and made again byte for byte', () => {
  const verdicts = judgeSignedKnocks(JSON.parse(readFileSync(FILE, 'utf8'))) ?? [];
  assert.ok(verdicts.length > 14);
  assert.deepEqual(
    verdicts.filter(({ found }) => found.length > 0),
    [],
  );
});

test('a vector that was changed is not as expected', () => {
  const file = JSON.parse(readFileSync(FILE, 'utf8'));
  for (const vector of file.vectors) {
    const bytes = Buffer.from(vector.packetHex, 'hex');
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
    vector.packetHex = bytes.toString('hex');
  }
  const wrong = (judgeSignedKnocks(file) ?? []).filter(({ found }) => found.length > 0);
  const opening = file.vectors.filter(({ expect }: { expect: string }) => expect === 'opens');
  assert.ok(wrong.length >= opening.length, `${wrong.length} of ${opening.length}`);
});

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { Verdict } from '../../scripts/vector-fields.ts';
import { judgeCodes } from '../../scripts/vectors-codes.ts';
import { judgeSignedKnocks } from '../../scripts/vectors-signed.ts';
import { judgeSpa } from '../../scripts/vectors-spa.ts';
import { Scratch } from '../lab/child-module.ts';

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

/** Each spoils one vector of a file in its own way; only that one is not as expected, whatever else it is. */
const SPOILT: readonly (readonly [string, Judge, string, unknown])[] = [
  ...['headHex', 'signatureBlobB64', 'exporterHex', 'replyKeyHex', 'algorithm', 'expect', 'from'].map(
    (field) => ['signed-knock-vectors', judgeSignedKnocks, field, '0000'] as const,
  ),
  ['signed-knock-vectors', judgeSignedKnocks, 'nowMs', '1'],
  ['signed-knock-vectors', judgeSignedKnocks, 'packetHex', 'zz'],
  ['totp-vectors', judgeCodes, 'secretBase32', 7],
  ['totp-vectors', judgeCodes, 'prefixes', undefined],
  ['totp-vectors', judgeCodes, 'period', 0],
  ['fwknop-vectors', judgeSpa, 'packet', undefined],
  ['fwknop-vectors', judgeSpa, 'mode', 'none'],
  ['fwknop-vectors', judgeSpa, 'hmac', 'md99'],
  ['fwknop-vectors', judgeSpa, 'name', 7],
  ['fwknop-vectors', judgeSpa, 'fields', ['4298200261687539', 'cm9vdA']],
];

for (const [name, judge, field, value] of SPOILT) {
  test(`${name}: one whose ${field} is ${value} is not as expected, also without the sender's secret`, () => {
    const file = read(name);
    const [first] = file.vectors;
    first[field] = value;
    delete first.ephemeralPrivateHex;
    const verdicts = judge(file) ?? [];
    assert.equal(verdicts.length, judge(read(name))?.length);
    assert.equal(verdicts.filter(({ found }) => found.length > 0).length, 1);
  });
}

for (const [name, judge, count] of FILES) {
  test(`${name}: what is no vector in it counts, and is not as expected`, () => {
    const file = read(name);
    file.vectors.push(null, 'text', [], {});
    const verdicts = judge(file) ?? [];
    assert.equal(verdicts.length, count + 4);
    assert.equal(verdicts.filter(({ found }) => found.length > 0).length, 4);
  });
}

test('a file without vectors, of another kind or unreadable fails, and the others are judged all the same', () => {
  using scratch = new Scratch();
  const vectors = read('signed-knock-vectors');
  const files = ['', '[]', '{"vectors":[]}', JSON.stringify({ ...vectors, vectors: [] })].map((text, i) => {
    const file = scratch.file(`${i}.json`);
    writeFileSync(file, text);
    return file;
  });
  const good = path.join(import.meta.dirname, '../vectors/totp-vectors.json');
  const program = path.join(import.meta.dirname, '../../scripts/vectors.ts');
  const run = (...given: readonly string[]) =>
    spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', program, ...given], {
      encoding: 'utf8',
    });
  const { status, stdout, stderr } = run(...files, scratch.file('none.json'), good);
  assert.equal(status, 2);
  assert.match(stdout, /^\S+totp-vectors\.json: 32 of 32 as expected\n$/);
  assert.equal(stderr.trim().split('\n').length, 5);
  assert.equal(run(good).status, 0);
});

test('a file in other words is judged alike: capitals, IPv4 written as IPv6, no public key of the server', () => {
  const { serverPublicHex, tag, ...file } = read('signed-knock-vectors');
  for (const vector of file.vectors) {
    vector.packetHex = vector.packetHex.toUpperCase();
    if (!vector.from.includes(':')) vector.from = `::ffff:${vector.from}`;
  }
  assert.deepEqual(
    (judgeSignedKnocks(file) ?? []).filter(({ found }) => found.length > 0),
    [],
  );
  assert.throws(() => judgeSignedKnocks({ ...file, serverPrivateHex: '00' }), /is not 32 bytes/);
});

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

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { releaseMemory } from '../../../src/host/self/release-memory.ts';

const MIB = 1024;

test('pages of programs that only the start has needed are given back, and come back when they are needed', () => {
  const before = residentKib();
  releaseMemory();
  const after = residentKib();
  assert.ok(before - after > 8 * MIB, `${before} KiB resident before, ${after} KiB after`);
  assert.deepEqual(JSON.parse('{"numbers":[1,2.5]}'), { numbers: [1, 2.5] });
  assert.equal('ÄÖ'.toLocaleLowerCase('de').normalize('NFD').length, 4);
});

test('a second time does no harm', () => {
  releaseMemory();
  releaseMemory();
  assert.ok(residentKib() > 0);
});

function residentKib(): number {
  const [, kib] = /^Rss: +(\d+) kB$/m.exec(readFileSync('/proc/self/smaps_rollup', 'latin1')) ?? [];
  return Number(kib);
}

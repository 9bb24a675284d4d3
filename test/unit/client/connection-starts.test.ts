import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startsWithin } from '../../../src/app/client/knock-and-wait.ts';
import { millis } from '../../../src/core/net/time.ts';

/** Answers that arrive closer together complete several connections before one of them is chosen. */
const LEAST_GAP_MS = 2;

test('connections after a knock start at once, never close together, and ever more seldom', () => {
  const starts = startsWithin(millis(10_000));
  assert.equal(starts[0], 0);
  const gaps = starts.slice(1).map((start, i) => start - (starts[i] ?? 0));
  assert.deepEqual(
    gaps,
    [...gaps].sort((a, b) => a - b),
  );
  assert.ok(Math.min(...gaps) >= LEAST_GAP_MS, `${gaps}`);
  assert.ok(startsWithin(millis(100)).every((start) => start < 100));
});

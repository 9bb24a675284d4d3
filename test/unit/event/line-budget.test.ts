import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LineBudget } from '../../../src/core/event/line-budget.ts';

const RATE = { burst: 3, perSecond: 2 };

/** How many of `count` lines are written at `now`. */
function written(budget: LineBudget, sort: string, count: number, now: number): number {
  let lines = 0;
  for (let i = 0; i < count; i++) if (budget.admit(sort, () => `lines of ${sort}`, now)) lines++;
  return lines;
}

describe('the limit of lines', () => {
  test('writes a burst, and counts what is more', () => {
    const budget = new LineBudget(RATE, 10);
    assert.equal(written(budget, 'a', 100_000, 0), 3);
    assert.equal(budget.suppressing, true);
    assert.deepEqual(budget.drainCounts(), [{ what: 'lines of a', count: 99_997 }]);
  });

  test('writes some more each second, and never more than a burst at once', () => {
    const budget = new LineBudget(RATE, 10);
    written(budget, 'a', 10, 0);
    assert.equal(written(budget, 'a', 10, 499), 0);
    assert.equal(written(budget, 'a', 10, 500), 1);
    assert.equal(written(budget, 'a', 10, 1500), 2);
    assert.equal(written(budget, 'a', 10, 1_000_000), 3);
  });

  test('gathers parts of a line, asked however often', () => {
    const budget = new LineBudget(RATE, 10);
    written(budget, 'a', 3, 0);
    let lines = 0;
    for (let now = 1; now <= 10_000; now++) lines += written(budget, 'a', 1, now);
    assert.ok(lines === 20 || lines === 19, `${lines} lines in 10 seconds`);
  });

  test('keeps keys apart, and makes the text of a key only when it is new', () => {
    const budget = new LineBudget(RATE, 10);
    assert.equal(written(budget, 'a', 5, 0), 3);
    assert.equal(written(budget, 'b', 5, 0), 3);
    const what = (): string => assert.fail('the text of a known sort was made again');
    assert.equal(budget.admit('a', what, 0), false);
  });

  test('returns each count once, and none if nothing was suppressed', () => {
    const budget = new LineBudget(RATE, 10);
    assert.equal(budget.suppressing, false);
    written(budget, 'a', 2, 0);
    assert.equal(budget.suppressing, false);
    assert.deepEqual(budget.drainCounts(), []);
    written(budget, 'a', 4, 0);
    assert.deepEqual(budget.drainCounts(), [{ what: 'lines of a', count: 3 }]);
    assert.equal(budget.suppressing, false);
    assert.deepEqual(budget.drainCounts(), []);
    written(budget, 'a', 1, 0);
    assert.deepEqual(budget.drainCounts(), [{ what: 'lines of a', count: 1 }]);
  });

  test('is not confused by a clock that goes back', () => {
    const budget = new LineBudget(RATE, 10);
    written(budget, 'a', 10, 1_000_000);
    assert.equal(written(budget, 'a', 10, 0), 0);
    assert.equal(written(budget, 'a', 10, 500), 1);
  });
});

describe('more keys than the budget holds', () => {
  test('a key without a count is forgotten first, so that no count is lost', () => {
    const budget = new LineBudget(RATE, 2);
    written(budget, 'a', 5, 0);
    written(budget, 'b', 1, 0);
    written(budget, 'c', 4, 0);
    assert.deepEqual(budget.drainCounts(), [
      { what: 'lines of a', count: 2 },
      { what: 'lines of c', count: 1 },
    ]);
  });

  test('else the count of the first stands among the others', () => {
    const budget = new LineBudget(RATE, 2);
    for (const sort of ['a', 'b', 'c', 'd']) written(budget, sort, 5, 0);
    assert.equal(budget.suppressing, true);
    assert.deepEqual(budget.drainCounts(), [
      { what: 'lines of c', count: 2 },
      { what: 'lines of d', count: 2 },
      { what: 'other lines', count: 4 },
    ]);
    assert.deepEqual(budget.drainCounts(), []);
  });

  test('with 100,000 keys every line is written or counted', () => {
    const budget = new LineBudget({ burst: 1, perSecond: 0 }, 16);
    let lines = 0;
    for (let i = 0; i < 100_000; i++) lines += written(budget, `${i}`, 2, i);
    const counted = budget.drainCounts().reduce((sum, { count }) => sum + count, 0);
    assert.equal(lines + counted, 200_000);
    assert.ok(budget.drainCounts().length === 0);
  });
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NO_SLOT } from '../../../src/core/attempt/attempt-row.ts';
import { AttemptTable } from '../../../src/core/attempt/attempt-table.ts';

const CAPACITY = 4096;
const HONEST = 50;
const ROUNDS = 40;
const ARRIVALS = 200;

/** The share of honest attempts at `stage` that fall to a flood of new ones, in a table full of others at `stages`. */
function lost(stage: number, stages: readonly number[]): number {
  let fallen = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const table = new AttemptTable(CAPACITY, 1, [round * 7919 + 1, 0x9abc_def0]);
    const advance = (slot: number, to: number): void => {
      for (let at = 1; at < to; at++) table.advance(slot);
    };
    for (let i = 0; i < CAPACITY; i++) {
      const slot = table.add(0, NO_SLOT, 0, 4, 0, 0, i < HONEST ? 1 : 2, i, i);
      advance(slot, i < HONEST ? stage : (stages[i % stages.length] as number));
    }
    for (let i = 0; i < ARRIVALS; i++) {
      table.remove(table.victim());
      advance(table.add(0, NO_SLOT, 0, 4, 0, 0, 3, i, CAPACITY + i), stages[i % stages.length] as number);
    }
    for (let i = 0; i < HONEST; i++) if (table.first(0, 4, 0, 0, 1, i) === NO_SLOT) fallen++;
  }
  return fallen / (HONEST * ROUNDS);
}

/** What docs/threats.md says: with each arrival, the attempt is the one that falls with `chances` in `CAPACITY`. */
const stated = (chances: number): number => 1 - (1 - chances / CAPACITY) ** ARRIVALS;
/** Five standard deviations. */
const tolerance = (p: number): number => 5 * Math.sqrt((p * (1 - p)) / (HONEST * ROUNDS));

describe('a flood evicts an honest attempt from a full table', () => {
  const cases: readonly (readonly [string, number, readonly number[], number])[] = [
    ['at the first stage, with others as far: once in as many arrivals as there are rows', 1, [1], 1],
    ['at the first stage, with all others further: four times as often', 1, [3], 4],
    ['at the second stage, with others at all stages: not more often than with all as far', 2, [1, 2, 3], 1],
  ];
  for (const [name, stage, stages, chances] of cases) {
    test(name, (t) => {
      const found = lost(stage, stages);
      t.diagnostic(`${found}, stated ${stated(chances)}`);
      assert.ok(found <= stated(chances) + tolerance(stated(chances)));
      if (stage === 1) assert.ok(found >= stated(chances) - tolerance(stated(chances)));
    });
  }

  test('at the second stage, with all others at the first: never, in as many arrivals', () => {
    assert.equal(lost(2, [1]), 0);
  });
});

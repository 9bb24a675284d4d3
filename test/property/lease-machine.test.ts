// The lease machine in a world in which everything may come in any order, fail, or stop in the middle.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { seeded } from '../lab/seed.ts';
import { LeaseSimulation } from './lease-simulation.ts';

const pick = fc.nat({ max: 20 });
const mostly = fc.oneof(
  { weight: 4, arbitrary: fc.constant(true) },
  { weight: 1, arbitrary: fc.constant(false) },
);
const how = fc.constantFrom('ok' as const, 'ok' as const, 'failed' as const, 'killed' as const);

type Step = (world: LeaseSimulation) => void;
const step = (weight: number, arbitrary: fc.Arbitrary<Step>) => ({ weight, arbitrary });

const STEPS = fc.oneof(
  step(
    8,
    fc.tuple(pick, pick).map(
      ([door, source]): Step =>
        (world) =>
          world.knock(door, source),
    ),
  ),
  step(
    8,
    mostly.map(
      (ok): Step =>
        (world) =>
          world.disk(ok),
    ),
  ),
  step(
    8,
    mostly.map(
      (ok): Step =>
        (world) =>
          world.firewall(ok),
    ),
  ),
  step(
    6,
    fc.tuple(pick, how).map(
      ([at, end]): Step =>
        (world) =>
          world.endCommand(at, end),
    ),
  ),
  step(
    6,
    fc.constantFrom(0, 1, 999, 1000, 5000, 9999, 10_000, 40_000).map(
      (ms): Step =>
        (world) =>
          world.pass(ms),
    ),
  ),
  step(
    3,
    fc.boolean().map(
      (lives): Step =>
        (world) =>
          world.checkHold(lives),
    ),
  ),
  step(
    2,
    fc.tuple(pick, fc.boolean()).map(
      ([at, lives]): Step =>
        (world) =>
          world.connection(at, lives),
    ),
  ),
  step(
    4,
    fc.tuple(pick, pick, pick, fc.integer({ min: 1, max: 10_000 })).map(
      ([door, source, who, rest]): Step =>
        (world) =>
          world.member(door, source, who, rest),
    ),
  ),
  step(
    2,
    fc.tuple(pick, pick).map(
      ([at, who]): Step =>
        (world) =>
          world.release(at, who),
    ),
  ),
  step(
    2,
    pick.map(
      (at): Step =>
        (world) =>
          world.close(at),
    ),
  ),
  step(
    2,
    pick.map(
      (at): Step =>
        (world) =>
          world.extend(at),
    ),
  ),
  step(
    1,
    fc.tuple(pick, fc.boolean()).map(
      ([from, is]): Step =>
        (world) =>
          world.ban(from, is),
    ),
  ),
  step(
    1,
    fc.tuple(fc.constantFrom(22, 2222), fc.constantFrom(64, 64, 56)).map(
      ([port, prefix6]): Step =>
        (world) =>
          world.reload(port, prefix6),
    ),
  ),
  step(
    1,
    fc.nat({ max: 6 }).map(
      (effects): Step =>
        (world) =>
          world.crashIn(effects),
    ),
  ),
  step(
    1,
    fc.constant<Step>((world) => world.stop()),
  ),
  step(
    1,
    fc.constant<Step>((world) => world.killAll()),
  ),
);

/** Of a thousand lives each. Two to eight of them come to the rarest transition. */
const MAX_SEEDS = 30;

const LIFE = fc.record({
  limit: fc.constantFrom(1, 2, 1000),
  closesByItself: fc.boolean(),
  steps: fc.array(STEPS, { maxLength: 80, size: 'max' }),
});

describe('whatever happens to leases, in any order, and wherever the daemon dies', () => {
  test('what was recorded is closed exactly once, no stop comes before its start has ended, nothing opens after a stop', (t) => {
    const documented = new Set(documentedTransitions());
    fc.assert(
      fc.property(LIFE, ({ limit, closesByItself, steps }) => {
        const world = new LeaseSimulation(limit, closesByItself);
        for (const one of steps) one(world);
        world.settle();
        assert.deepEqual(
          [...world.transitions].filter((one) => !documented.has(one)),
          [],
        );
      }),
      seeded(t, { numRuns: 3000 }),
    );
  });

  test('a ban leaves nothing open', (t) => {
    fc.assert(
      fc.property(LIFE, pick, ({ limit, closesByItself, steps }, source) => {
        const world = new LeaseSimulation(limit, closesByItself);
        for (const one of steps) one(world);
        world.ban(source, true);
        world.drain();
        world.assertNothingOpenToBanned();
      }),
      seeded(t, { numRuns: 1000 }),
    );
  });

  test('docs/architecture.md draws every transition, and no other', () => {
    const seen = new Set<string>();
    const documented = documentedTransitions();
    const property = fc.property(LIFE, ({ limit, closesByItself, steps }) => {
      const world = new LeaseSimulation(limit, closesByItself);
      for (const one of steps) one(world);
      world.settle();
      for (const one of world.transitions) seen.add(one);
    });
    // The same lives each time: what a few of them do not come to would be missed by chance.
    for (let seed = 1; seed <= MAX_SEEDS && seen.size < documented.length; seed++) {
      fc.assert(property, { seed, numRuns: 1000 });
    }
    assert.deepEqual([...seen].sort(), documented);
  });
});

/** The rows of the table of states: `| from | to, to | when |`. */
function documentedTransitions(): readonly string[] {
  const text = readFileSync(new URL('../../docs/architecture.md', import.meta.url), 'utf8');
  const table = text.slice(text.indexOf('| state | becomes |')).split('\n\n')[0] ?? '';
  const rows = table.split('\n').slice(2);
  return rows
    .flatMap((row) => {
      const [, from = '', to = ''] = row.split('|').map((cell) => cell.trim());
      return to.split(', ').map((one) => `${from} → ${one}`);
    })
    .sort();
}

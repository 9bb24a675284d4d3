// Hosts of a fleet under whatever may happen to them, their engine and their carriers.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { seeded } from '../lab/seed.ts';
import { FleetFixture, source } from './fleet-fixture.ts';

const HOSTS = 3;

const host = fc.nat({ max: HOSTS - 1 });
const door = fc.constantFrom('ssh', 'web');
const from = fc.nat({ max: 3 }).map(source);

type Step = (fixture: FleetFixture) => Promise<void> | void;

const knock = fc.tuple(host, door, from).map(
  ([n, name, ip]): Step =>
    (the) =>
      the.host(n).knock(name, ip),
);
/** A host closes what it has opened itself: what it closes of others stays closed there alone. */
const close = fc.tuple(host, door, from).map(
  ([n, name, ip]): Step =>
    async (the) => {
      if (the.host(n).own.has(`${name} ${ip}`)) await the.host(n).close(name, ip);
    },
);
const carry = host.map(
  (n): Step =>
    (the) =>
      the.host(n).carry(the.engine),
);
const cut = host.map(
  (n): Step =>
    (the) =>
      the.host(n).cut(),
);
const heal = host.map(
  (n): Step =>
    (the) =>
      the.host(n).heal(),
);
const restart = host.map(
  (n): Step =>
    (the) =>
      the.host(n).restart(),
);
const pass = fc.constantFrom(1, 900, 20_000, 45_000).map(
  (ms): Step =>
    async (the) => {
      the.advance(ms);
      await the.settled();
    },
);
/** Whoever holds the engine delivers everything again, or has it lose what it confirmed last. */
const replay = host.map(
  (n): Step =>
    async (the) => {
      for (const { bytes, at } of the.engine.stream) await the.host(n).inject(bytes, the.engine.now - at);
    },
);
const lose = fc.integer({ min: 1, max: 3 }).map(
  (count): Step =>
    async (the) => {
      the.engine.lose(count);
      for (const one of the.hosts) await one.cut();
    },
);

const STEP = fc.oneof(
  { weight: 6, arbitrary: knock },
  { weight: 3, arbitrary: close },
  { weight: 5, arbitrary: carry },
  { weight: 2, arbitrary: cut },
  { weight: 2, arbitrary: heal },
  { weight: 2, arbitrary: pass },
  { weight: 1, arbitrary: restart },
  { weight: 1, arbitrary: replay },
  { weight: 1, arbitrary: lose },
);

describe('whatever happens to a fleet', () => {
  test('while all are connected, every member has the same doors open, and none for longer', async (t) => {
    await fc.assert(
      fc.asyncProperty(fc.array(STEP, { maxLength: 25 }), async (steps) => {
        using fixture = new FleetFixture(HOSTS);
        for (const step of steps) await step(fixture);
        for (const one of fixture.hosts) {
          await one.carry(fixture.engine);
          await one.cut();
          await one.heal();
        }
        await fixture.carry();
        await fixture.settled();
        const wanted = new Map<string, number>();
        for (const { own } of fixture.hosts)
          for (const [lease, left] of own) wanted.set(lease, Math.max(left, wanted.get(lease) ?? 0));
        for (const one of fixture.hosts) {
          assert.deepEqual(one.leases, [...wanted.keys()].sort(), one.name);
          for (const lease of one.keeper.leases()) {
            const left = lease.due - fixture.clock.boot;
            assert.ok(left <= (wanted.get(`${lease.door} ${lease.source}`) ?? 0) + 1, `${one.name}: ${left}`);
          }
        }
      }),
      seeded(t, { numRuns: 60 }),
    );
  });
});

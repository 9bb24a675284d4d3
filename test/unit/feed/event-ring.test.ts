import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { CountRing } from '../../../src/core/feed/count-ring.ts';
import { EventRing } from '../../../src/core/feed/event-ring.ts';
import { instant } from '../../../src/core/net/time.ts';
import { seeded } from '../../lab/seed.ts';

const AN_EVENT = { event: { kind: 'warning', text: 'w' } } as const;

describe('the ring of events', () => {
  test('no event is lost silently: events read and events lost add up to all events, in order, whatever the limit', (t) => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('add' as const), times: fc.integer({ min: 1, max: 6000 }) }),
      fc.record({
        do: fc.constant('noise' as const),
        times: fc.integer({ min: 1, max: 6000 }),
        stage: fc.nat(3),
      }),
      fc.record({
        do: fc.constant('read' as const),
        limit: fc.integer({ min: 1, max: 300 }),
        pieces: fc.nat(30),
      }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const ring = new EventRing();
        let happened = 0;
        let now = 0;
        let next = 0;
        let told = 0;
        const read = (limit: number): boolean => {
          const piece = ring.read(next, limit);
          const numbers = piece.records.map(({ number }) => number);
          assert.ok(
            numbers.every((number, at) => number > (numbers[at - 1] ?? next)),
            `${numbers}`,
          );
          assert.ok(numbers.length <= limit);
          told += numbers.length + piece.lost;
          next = piece.next;
          return piece.isWhole;
        };
        for (const one of steps) {
          now += 100;
          if (one.do === 'read') for (let n = 0; n <= one.pieces; n++) read(one.limit);
          else happened += one.times;
          for (let n = 0; one.do !== 'read' && n < one.times; n++) {
            if (one.do === 'add') ring.add(AN_EVENT, instant(now));
            else if (ring.admits(one.stage, now)) ring.addNoise(AN_EVENT, instant(now));
          }
        }
        while (!read(200));
        assert.equal(told, happened);
        assert.equal(ring.last, happened);
      }),
      { ...seeded(t), numRuns: 50 },
    );
  });

  test('a flood of strangers displaces no opening, and attempts that are further on have separate room', () => {
    const ring = new EventRing();
    ring.add({ event: { kind: 'confirmed', at: 'control' } }, instant(0));
    for (let n = 0; n < 100_000; n++) if (ring.admits(1, n)) ring.addNoise(AN_EVENT, instant(n));
    const times = Array.from({ length: 250 });
    assert.ok(times.filter(() => ring.admits(1, 100_000)).length <= 1);
    assert.ok(times.filter(() => ring.admits(2, 100_000)).length >= 200);
    ring.addNoise(AN_EVENT, instant(0));
    const { records, lost } = ring.read(0, 10_000);
    assert.equal(records[0]?.event.kind, 'confirmed');
    assert.ok(records.length <= 2049 && lost + records.length === ring.last, `${records.length}`);
  });
});

describe('the ring of counts', () => {
  test('its stretches of time, the oldest first; what is older is gone, and stretches without any are 0', (t) => {
    const packets = fc.array(fc.record({ passed: fc.nat(9), dropped: fc.nat(9), wait: fc.nat(90_000) }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(packets, fc.nat(900_000), fc.constantFrom(600, 7), (all, start, size) => {
        const ring = new CountRing(size, 1000);
        const passed = new Map<number, number>();
        const dropped = new Map<number, number>();
        let now = start;
        for (const one of all) {
          now += one.wait;
          ring.add(one.passed, one.dropped, now);
          const second = Math.floor(now / 1000);
          passed.set(second, (passed.get(second) ?? 0) + one.passed);
          dropped.set(second, (dropped.get(second) ?? 0) + one.dropped);
        }
        const current = Math.floor(now / 1000);
        const seconds = Array.from({ length: size }, (_, n) => current - size + 1 + n);
        const read = ring.read(now);
        assert.deepEqual(
          read.first,
          seconds.map((second) => passed.get(second) ?? 0),
        );
        assert.deepEqual(
          read.second,
          seconds.map((second) => dropped.get(second) ?? 0),
        );
      }),
      seeded(t),
    );
  });
});

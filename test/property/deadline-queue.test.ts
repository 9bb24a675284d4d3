import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { DeadlineQueue } from '../../src/core/lease/deadline-queue.ts';
import { seeded } from '../lab/seed.ts';

describe('the queue of deadlines', () => {
  test('always returns the nearest, as a sorted list does', (t) => {
    const change = fc.tuple(fc.nat({ max: 40 }), fc.option(fc.nat({ max: 100 }), { freq: 3 }));
    const changes = fc.array(change, { minLength: 1, maxLength: 400, size: 'max' });
    const property = fc.property(changes, (list) => {
      const queue = new DeadlineQueue<number>();
      const model = new Map<number, number>();
      for (const [key, due] of list) {
        if (due === null) queue.delete(key);
        else queue.put(key, due);
        if (due === null) model.delete(key);
        else model.set(key, due);
        const next = queue.next();
        assert.equal(next?.due, model.size === 0 ? undefined : Math.min(...model.values()));
        if (next !== undefined) assert.equal(model.get(next.key), next.due);
      }
    });
    fc.assert(property, seeded(t, { numRuns: 300 }));
  });

  test('gives all keys out in order, each once', (t) => {
    const puts = fc.array(
      fc.tuple(
        fc.nat({ max: 300 }),
        fc.double({ noNaN: true }).map((due) => due + 0),
      ),
      {
        maxLength: 600,
        size: 'max',
      },
    );
    const property = fc.property(puts, (list) => {
      const queue = new DeadlineQueue<number>();
      for (const [key, due] of list) queue.put(key, due);
      const given: number[] = [];
      for (let next = queue.next(); next !== undefined; next = queue.next()) {
        given.push(next.due);
        queue.delete(next.key);
      }
      assert.deepEqual(
        given,
        [...new Map(list).values()].sort((a, b) => a - b),
      );
    });
    fc.assert(property, seeded(t, { numRuns: 100 }));
  });
});

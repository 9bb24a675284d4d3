import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DeadlineQueue } from '../../../src/core/lease/deadline-queue.ts';

/** All keys, the nearest first; the queue is empty afterwards. */
function drain(queue: DeadlineQueue<string>): string[] {
  const keys: string[] = [];
  for (let next = queue.next(); next !== undefined; next = queue.next()) {
    keys.push(`${next.key} ${next.due}`);
    queue.delete(next.key);
  }
  return keys;
}

describe('the queue of deadlines', () => {
  test('is empty at first, and when all are deleted', () => {
    const queue = new DeadlineQueue<string>();
    assert.equal(queue.next(), undefined);
    queue.put('a', 1);
    queue.delete('a');
    queue.delete('never there');
    assert.equal(queue.next(), undefined);
  });

  test('returns the nearest without removing it', () => {
    const queue = new DeadlineQueue<string>();
    for (const [key, due] of [
      ['a', 5],
      ['b', 1],
      ['c', 3],
    ] as const)
      queue.put(key, due);
    assert.deepEqual(queue.next(), { key: 'b', due: 1 });
    assert.deepEqual(queue.next(), { key: 'b', due: 1 });
    assert.deepEqual(drain(queue), ['b 1', 'c 3', 'a 5']);
  });

  test('a key that is set again moves, to an earlier or later time, and back', () => {
    const queue = new DeadlineQueue<string>();
    for (const due of [5, 9, 1, 5]) queue.put('a', due);
    queue.put('b', 4);
    assert.deepEqual(drain(queue), ['b 4', 'a 5']);
  });

  test('a key that is deleted and put again is there once', () => {
    const queue = new DeadlineQueue<string>();
    queue.put('a', 5);
    queue.delete('a');
    queue.put('a', 5);
    assert.deepEqual(drain(queue), ['a 5']);
  });

  test('holds a key that is put again a hundred thousand times as one', () => {
    const queue = new DeadlineQueue<string>();
    queue.put('first', 0);
    for (let due = 100_000; due > 0; due--) queue.put('a', due);
    assert.deepEqual(drain(queue), ['first 0', 'a 1']);
  });
});

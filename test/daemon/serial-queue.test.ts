import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SerialQueue } from '../../src/host/serial/serial-queue.ts';

test('tasks run one after the other, in order, and thousands at once block nothing else', async () => {
  const turns = new SerialQueue();
  let inOneTurn = 0;
  let most = 0;
  let isOver = false;
  const turn = (): void => {
    inOneTurn = 0;
    if (!isOver) setImmediate(turn);
  };
  turn();
  const order: number[] = [];
  const results = Array.from({ length: 5000 }, (_, at) =>
    turns.take(async () => {
      order.push(at);
      inOneTurn += 1;
      most = Math.max(most, inOneTurn);
      if (at % 3 === 0) throw new Error(`no ${at}`);
      return at;
    }),
  );
  const settled = await Promise.allSettled(results);
  isOver = true;
  assert.deepEqual(
    order,
    order.map((_, at) => at),
  );
  assert.ok(most <= 64, `${most} in one turn`);
  for (const [at, { status }] of settled.entries()) {
    assert.equal(status, at % 3 === 0 ? 'rejected' : 'fulfilled', `${at}`);
  }
});

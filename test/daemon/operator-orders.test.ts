import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LeaseKeeper } from '../../src/app/daemon/leases/lease-keeper.ts';
import type { Lease } from '../../src/core/lease/lease.ts';
import { orderOpen } from '../../src/core/lease/open-request.ts';
import { millis } from '../../src/core/net/time.ts';
import { KeeperFixture, SOURCE } from './keeper-fixture.ts';

const COMMANDS = { start: 'echo open >> done', stop: 'echo close >> done', cmdTimeout: 60 };
const TEN_MINUTES = millis(600_000);

const only = (keeper: LeaseKeeper): Lease => {
  const [lease, ...others] = keeper.book.each();
  assert.ok(lease !== undefined && others.length === 0);
  return lease;
};

describe("the operator's orders at the keeper of doors", { concurrency: 4 }, () => {
  test('open for its own time, are recorded as such, and a knock does not shorten them', async () => {
    using bench = new KeeperFixture();
    const keeper = bench.keeper();
    const door = bench.door(COMMANDS);
    const outcome = await keeper.requestOpen(orderOpen(door, SOURCE, TEN_MINUTES));
    assert.ok(outcome.kind === 'opened' && (await outcome.started) === true, outcome.kind);
    const [stored] = bench.store.all();
    assert.deepEqual([stored?.byOperator, stored?.length], [true, 600_000]);
    keeper.complete(bench.completion(door));
    assert.equal(only(keeper).due, bench.clock.boot + 600_000);
    bench.clock.advance(600_000);
    await bench.empty();
    assert.deepEqual(
      bench.store.history(9).map(({ byOperator, how }) => [byOperator, how]),
      [[true, 'expired']],
    );
  });

  test('extend adds to what is left, in the store as well', async () => {
    using bench = new KeeperFixture();
    const keeper = bench.keeper();
    const door = bench.door(COMMANDS);
    assert.equal(keeper.extend('door', SOURCE, TEN_MINUTES), undefined);
    const outcome = await keeper.requestOpen(bench.completion(door));
    assert.ok(outcome.kind === 'opened' && (await outcome.started) === true);
    await bench.until(() => only(keeper).state === 'open', 'open lease');
    bench.clock.advance(10_000);
    const due = bench.clock.boot + 50_000 + 600_000;
    assert.equal(keeper.extend('door', SOURCE, TEN_MINUTES)?.due, due);
    await bench.until(() => bench.store.all()[0]?.due === due, 'record');
    assert.equal(bench.store.all()[0]?.length, 650_000);
    await keeper.stop();
  });

  test('close ends a lease now, as the operator; who waits for it waits for its stop command', async () => {
    using bench = new KeeperFixture();
    await bench.makeGate();
    const keeper = bench.keeper();
    const door = bench.door({ ...COMMANDS, stop: 'read -r line < gate; echo close >> done' });
    const outcome = await keeper.requestOpen(bench.completion(door));
    assert.ok(outcome.kind === 'opened' && (await outcome.started) === true);
    await bench.until(() => only(keeper).state === 'open', 'open lease');
    let isOver = false;
    const [over, again] = [...keeper.close([only(keeper)]), ...keeper.close([only(keeper)])];
    const ended = over?.then(() => {
      isOver = true;
    });
    await bench.saw('command-timeout');
    assert.equal(isOver, false);
    await bench.openGate();
    await Promise.all([ended, again]);
    assert.equal(bench.done, 'open\nclose\n');
    assert.equal(bench.store.history(9)[0]?.how, 'closed');
    assert.equal(keeper.book.size, 0);
  });

  test('close of a lease whose start command still runs closes it when that has ended', async () => {
    using bench = new KeeperFixture();
    await bench.makeGate();
    const keeper = bench.keeper();
    const door = bench.door({ ...COMMANDS, start: 'read -r line < gate; echo open >> done' });
    assert.equal((await keeper.requestOpen(orderOpen(door, SOURCE, TEN_MINUTES))).kind, 'opened');
    const [over] = keeper.close([only(keeper)]);
    assert.equal(bench.done, '');
    await bench.openGate();
    await over;
    assert.equal(bench.done, 'open\nclose\n');
    assert.equal(bench.store.history(9)[0]?.how, 'closed');
  });

  test('a knock between that order and the end counts: it stays open, and ends at its time', async () => {
    using bench = new KeeperFixture();
    await bench.makeGate();
    const keeper = bench.keeper();
    const door = bench.door({ ...COMMANDS, start: 'read -r line < gate; echo open >> done' });
    assert.equal((await keeper.requestOpen(bench.completion(door))).kind, 'opened');
    const [over] = keeper.close([only(keeper)]);
    bench.clock.advance(1000);
    keeper.complete(bench.completion(door));
    await bench.openGate();
    await bench.until(() => only(keeper).state === 'open', 'open lease');
    bench.clock.advance(60_000);
    await bench.empty();
    await over;
    assert.equal(bench.store.history(9)[0]?.how, 'expired');
  });

  test('what is refused says why: max_leases binds the operator too', async () => {
    using bench = new KeeperFixture();
    const keeper = bench.keeper();
    const door = { ...bench.door(COMMANDS), maxLeases: 0 };
    const outcome = await keeper.requestOpen(orderOpen(door, SOURCE, TEN_MINUTES));
    assert.ok(outcome.kind === 'refused' && /the lease limit is reached/.test(outcome.reason));
    assert.deepEqual(bench.kinds(), ['refused']);
    assert.deepEqual(bench.store.all(), []);
  });
});

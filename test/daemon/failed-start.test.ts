/** A start command that fails has opened nothing: the lease says so, through restarts too, and whoever asks is told. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Program } from '../lab/program.ts';
import { KeeperFixture } from './keeper-fixture.ts';

const WAYS: readonly (readonly [start: string, reason: RegExp])[] = [
  ['/usr/bin/false', /^failed with status 1$/],
  ['echo no such table >&2; exit 2', /^failed with status 2: no such table$/],
  ['no-such-program-at-all', /^failed with status 127: .*not found$/],
  ['kill -KILL 0', /^was terminated by signal SIGKILL/],
];

describe('a start command that fails', { concurrency: 4 }, () => {
  for (const [start, reason] of WAYS) {
    test(`${start}: the lease is shown as failed, and history remembers it`, async () => {
      using bench = new KeeperFixture();
      const keeper = bench.keeper();
      keeper.complete(bench.completion(bench.door({ start, stop: 'true' })));
      assert.match((await bench.saw('start-failed')).reason, reason);
      assert.match(keeper.leases()[0]?.startFailure ?? '', reason);
      assert.equal(keeper.book.failed, 1);
      await bench.until(() => bench.store.all()[0]?.startFailure !== undefined, 'record');
      bench.clock.advance(60_000);
      await bench.empty();
      assert.match(bench.store.history(1)[0]?.startFailure ?? '', reason);
      assert.equal(keeper.book.failed, 0);
    });

    test(`${start}: so is a door without a stop command`, async () => {
      using bench = new KeeperFixture();
      bench.keeper().complete(bench.completion(bench.door({ start })));
      assert.match((await bench.saw('start-failed')).reason, reason);
    });
  }

  test('and is run again at the next knock, well: nothing is left of the failure', async () => {
    using bench = new KeeperFixture();
    const keeper = bench.keeper();
    const door = bench.door({ start: '[ -e done ] || { echo first >> done; exit 3; }', stop: 'true' });
    keeper.complete(bench.completion(door));
    await bench.saw('start-failed');
    await bench.until(() => bench.store.all()[0]?.startFailure !== undefined, 'record');
    keeper.complete(bench.completion(door));
    await bench.until(() => bench.store.all()[0]?.startFailure === undefined, 'record');
    assert.equal(keeper.leases()[0]?.startFailure, undefined);
    await keeper.stop();
  });

  test('under a daemon that dies: the next one knows it from the claim', async () => {
    using bench = new KeeperFixture();
    const lease = bench.left(bench.door({ start: 'true', stop: 'true' }));
    await using start = new Program('/bin/sh', ['-c', bench.claimedStart(lease, 'exit 4')]);
    await start.exited;
    const keeper = bench.keeper();
    keeper.adopt([]);
    await bench.until(() => bench.store.all()[0]?.startFailure === 'failed with status 4', 'record');
    assert.equal(keeper.leases()[0]?.startFailure, 'failed with status 4');
    await keeper.stop();
  });

  test('an earlier daemon has written it down', async () => {
    using bench = new KeeperFixture();
    const startFailure = 'failed with status 2: why';
    const lease = bench.left(bench.door({ start: 'true', stop: 'true' }), { startFailure });
    await using start = new Program('/bin/sh', ['-c', bench.claimedStart(lease, 'exit 2')]);
    await start.exited;
    const keeper = bench.keeper();
    keeper.adopt([]);
    assert.equal(keeper.leases()[0]?.startFailure, startFailure);
    await keeper.stop();
    assert.equal(bench.store.history(1)[0]?.startFailure, startFailure);
  });
});

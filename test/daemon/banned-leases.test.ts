// A ban finds a lease in any state: open, opening, closing, or left behind by an earlier daemon.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { KeeperFixture, SOURCE } from './keeper-fixture.ts';

const SIMPLE = { start: 'echo open >> done', stop: 'echo close >> done' };

describe('the leases of a source that is banned', { concurrency: 4 }, () => {
  test('open: closes at once, and a knock opens nothing until the ban is lifted', async () => {
    using bench = new KeeperFixture();
    const keeper = bench.keeper();
    const door = bench.door(SIMPLE);
    keeper.complete(bench.completion(door));
    await bench.until(() => bench.done === 'open\n', 'opening');
    bench.banned.add(SOURCE);
    keeper.closeBanned();
    await bench.empty();
    assert.equal(bench.done, 'open\nclose\n');
    assert.equal(bench.store.history(10)[0]?.how, 'banned');
    keeper.complete(bench.completion(door));
    assert.equal((await bench.saw('refused')).reason, 'the address is banned');
    bench.banned.clear();
    keeper.complete(bench.completion(door));
    await bench.until(() => bench.done === 'open\nclose\nopen\n', 'opening again');
    await keeper.stop();
  });

  test('opening: closes as soon as it has opened', async () => {
    using bench = new KeeperFixture();
    await bench.makeGate();
    const keeper = bench.keeper();
    keeper.complete(
      bench.completion(bench.door({ ...SIMPLE, start: 'read -r line < gate; echo open >> done' })),
    );
    await bench.saw('running');
    bench.banned.add(SOURCE);
    keeper.closeBanned();
    await bench.openGate();
    await bench.empty();
    assert.equal(bench.done, 'open\nclose\n');
  });

  test('closing, with a knock that waits for it: it is not opened again', async () => {
    using bench = new KeeperFixture();
    await bench.makeGate();
    const keeper = bench.keeper();
    const door = bench.door({ ...SIMPLE, stop: 'echo closing >> done; read -r line < gate' });
    keeper.complete(bench.completion(door));
    await bench.until(() => bench.done === 'open\n', 'opening');
    bench.clock.advance(60_000);
    await bench.until(() => bench.done === 'open\nclosing\n', 'closing');
    keeper.complete(bench.completion(door));
    bench.banned.add(SOURCE);
    keeper.closeBanned();
    await bench.openGate();
    assert.equal((await bench.saw('refused')).reason, 'the address is banned');
    await bench.empty();
    assert.equal(bench.done, 'open\nclosing\n');
  });

  test('left behind by an earlier daemon: closes at the start', async () => {
    using bench = new KeeperFixture();
    const door = bench.door(SIMPLE);
    const lease = bench.left(door);
    bench.claims.moveToThisBoot(lease.id);
    bench.banned.add(SOURCE);
    bench.keeper().adopt([door]);
    await bench.empty();
    assert.equal(bench.done, 'close\n');
  });
});

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { KeeperFixture } from './keeper-fixture.ts';

describe('knocks at a door that is open', () => {
  test('a start command that failed runs again at the next knock, one that did not does not', async () => {
    using bench = new KeeperFixture();
    const keeper = bench.keeper();
    const door = bench.door({
      start: `cd '${bench.scratch.path}'; echo try >> done; [ -e good ]`,
      stop: `cd '${bench.scratch.path}'; echo close >> done`,
    });
    keeper.complete(bench.completion(door));
    await bench.saw('command-failed');
    bench.clock.advance(5000);
    writeFileSync(bench.scratch.file('good'), '');
    keeper.complete(bench.completion(door));
    await keeper.stop();
    assert.equal(bench.done, 'try\ntry\nclose\n');
  });

  test('knocks at an open door have its end written once a second at most', async () => {
    using bench = new KeeperFixture();
    let updates = 0;
    const counting = new Proxy(bench.store, {
      get: (store, name) => {
        if (name === 'update') updates++;
        const value = Reflect.get(store, name);
        return typeof value === 'function' ? value.bind(store) : value;
      },
    });
    const keeper = bench.keeper(undefined, counting);
    const door = bench.door({ start: 'true', stop: 'true' });
    keeper.complete(bench.completion(door));
    await bench.until(() => keeper.leases()[0]?.state === 'open', 'opening');
    for (let i = 0; i < 1000; i++) {
      bench.clock.advance(5);
      keeper.complete(bench.completion(door));
    }
    await keeper.stop();
    assert.ok(updates >= 4 && updates <= 6, `${updates} writes in 5 s`);
  });
});

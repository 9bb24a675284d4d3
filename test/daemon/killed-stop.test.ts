/** A stop command that does not come to an end of its own closes nothing: it is run again, whoever lives or dies. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { claimedCommand } from '../../src/host/process/claim.ts';
import { MemoryLeaseStore } from '../../src/host/store/memory-lease-store.ts';
import { Program } from '../lab/program.ts';
import { KeeperFixture, SOURCE } from './keeper-fixture.ts';

const OPENED = `open ${SOURCE}\n`;

/** Its first runs end by `how`; the one after them closes. */
const ends = (how: string, times = 1): string =>
  `n=$(cat runs 2>/dev/null || echo 0); n=$((n+1)); echo $n > runs; [ $n -gt ${times} ] || { ${how}; }; echo close >> done`;

/** Every way of ending that is not of the command's own doing. */
const WAYS: readonly (readonly [name: string, how: string])[] = [
  ['its process group is killed', 'kill -KILL 0'],
  ['its process group is asked to end', 'kill -TERM 0'],
  ['the shell above it is killed, and it lives on', 'kill -KILL $$; sleep 60'],
  ['the program that it runs last is killed', `exec sh -c 'kill -KILL $$'`],
  ['it says that its program was killed', 'exit 137'],
  ['its program has dumped core', `exec sh -c 'kill -ABRT $$'`],
  ['its shell has no process', 'echo "/bin/sh: 1: Cannot fork" >&2; exit 2'],
  ['its shell has no memory', 'echo "/bin/sh: 1: iptables: Cannot allocate memory" >&2; exit 126'],
];

describe('a stop command that has not ended by itself', { concurrency: 3 }, () => {
  for (const [name, how] of WAYS) {
    test(`${name}: it is run again until it has, and history says so`, async () => {
      using bench = new KeeperFixture();
      const keeper = bench.keeper();
      const start = 'echo open %IP% >> done';
      keeper.complete(bench.completion(bench.door({ start, stop: ends(how, 2) })));
      await bench.until(() => bench.done === OPENED, 'opening');
      bench.clock.advance(60_000);
      assert.equal((await bench.saw('unclosed')).seconds, 1);
      assert.equal(bench.store.all().length, 1, 'the row stays while the door is open');
      assert.equal(keeper.leases()[0]?.state, 'closing');
      bench.clock.advance(1_000);
      assert.equal((await bench.saw('unclosed', 2)).seconds, 2, 'the gaps grow');
      bench.clock.advance(2_000);
      await bench.empty();
      assert.equal(bench.done, `${OPENED}close\n`);
      assert.equal(bench.kinds().filter((kind) => kind === 'command-timeout').length, 1);
      const [past] = bench.store.history(1);
      assert.equal(past?.how, 'expired');
      assert.match(past?.stopFailure ?? '', /terminated by signal|could not be started/);
      assert.deepEqual(readdirSync(bench.scratch.file('claims')), []);
    });
  }

  test('its time limit is over: its group is ended, and it is run again', async () => {
    using bench = new KeeperFixture();
    const keeper = bench.keeper();
    const spec = bench.door({ start: 'echo open %IP% >> done', stop: ends('sleep 1000') });
    keeper.complete(bench.completion({ ...spec, limits: { stop: 3000 as never } }));
    await bench.until(() => bench.done === OPENED, 'opening');
    bench.clock.advance(60_000);
    assert.deepEqual((await bench.saw('command-failed')).failure, { kind: 'timed-out', timeMs: 3000 });
    await bench.saw('unclosed');
    bench.clock.advance(1_000);
    await bench.empty();
    assert.equal(bench.done, `${OPENED}close\n`);
  });

  test('a knock in the meantime closes the door at once, and opens it again', async () => {
    using bench = new KeeperFixture();
    const keeper = bench.keeper();
    const door = bench.door({ start: 'echo open %IP% >> done', stop: ends('kill -KILL 0') });
    keeper.complete(bench.completion(door));
    await bench.until(() => bench.done === OPENED, 'opening');
    bench.clock.advance(60_000);
    await bench.saw('unclosed');
    assert.deepEqual(await keeper.requestOpen(bench.completion(door)), { kind: 'after-close' });
    await bench.until(() => bench.done === `${OPENED}close\n${OPENED}`, 'reopening');
    await keeper.stop();
  });

  test('the stop of the daemon tries a few times, and leaves the rest to the next start', async () => {
    using bench = new KeeperFixture();
    const keeper = bench.keeper();
    const door = bench.door({ start: 'echo open %IP% >> done', stop: ends('kill -KILL 0', 100) });
    keeper.complete(bench.completion(door));
    await bench.until(() => bench.done === OPENED, 'opening');
    await bench.passing(keeper.stop());
    assert.equal(readFileSync(bench.scratch.file('runs'), 'utf8'), '4\n');
    assert.equal(bench.store.all().length, 1);
    assert.equal(bench.claims.fate(bench.store.all()[0]?.id as never, true), 'cut-off');
  });

  test('one that ends by itself, badly, is not run again: the log and history say how', async () => {
    using bench = new KeeperFixture();
    const keeper = bench.keeper();
    const stop = 'echo close >> done; echo no such rule >&2; exit 4';
    keeper.complete(bench.completion(bench.door({ start: 'true', stop })));
    await bench.saw('running');
    bench.clock.advance(60_000);
    await bench.empty();
    assert.equal(bench.done, 'close\n');
    const [past] = bench.store.history(1);
    assert.deepEqual([past?.how, past?.stopFailure], ['expired', 'failed with status 4: no such rule']);
    assert.equal(bench.kinds().includes('unclosed'), false);
  });
});

describe('a stop command of a daemon that has died', { concurrency: 3 }, () => {
  const left = (bench: KeeperFixture, stop: string) => {
    const lease = bench.left(bench.door({ start: 'true', stop }), { due: 0 as never });
    return { lease, start: bench.claimedStart(lease, 'true') };
  };

  test('killed after the next one has adopted it: closed all the same', async () => {
    using bench = new KeeperFixture();
    const { lease, start } = left(bench, 'echo close >> done');
    await (await new Program('/bin/sh', ['-c', start]).exited).code;
    const text = bench.claimedStop(lease, 'echo begun; read -r line && echo never >> done');
    await using stop = new Program('/bin/sh', ['-c', text]);
    await stop.saw(/begun/);
    bench.keeper().adopt([]);
    await bench.saw('adopted');
    assert.equal(bench.done, '');
    stop.signal('SIGKILL');
    await bench.empty();
    assert.equal(bench.done, 'close\n');
  });

  for (const how of ['exit 137', 'kill -KILL 0', `exec sh -c 'kill -KILL $$'`]) {
    test(`ended by ${how} while no daemon lived: the next one closes`, async () => {
      using bench = new KeeperFixture();
      const { lease, start } = left(bench, 'echo close >> done');
      await using opened = new Program('/bin/sh', ['-c', start]);
      await opened.exited;
      await using killed = new Program('setsid', ['/bin/sh', '-c', bench.claimedStop(lease, how)]);
      await killed.exited;
      bench.keeper().adopt([]);
      await bench.empty();
      assert.equal(bench.done, 'close\n');
    });
  }

  test('hangs: it is ended at its limit, with its group, and run again', async () => {
    using bench = new KeeperFixture();
    const { lease, start } = left(bench, 'echo close >> done');
    await using opened = new Program('/bin/sh', ['-c', start]);
    await opened.exited;
    const hanging = bench.claimedStop(lease, 'echo $$ > pid; echo begun; sleep 1000');
    await using stop = new Program('setsid', ['--wait', '/bin/sh', '-c', hanging]);
    await stop.saw(/begun/);
    const door = bench.door({ start: 'true', stop: 'echo close >> done' });
    bench.keeper().adopt([{ ...door, limits: { stop: 200 as never } }]);
    await bench.empty();
    assert.equal(bench.done, 'close\n');
  });

  test('has failed by itself: over, and history says of what', async () => {
    using bench = new KeeperFixture();
    const { lease, start } = left(bench, 'echo close >> done');
    await using opened = new Program('/bin/sh', ['-c', start]);
    await opened.exited;
    const text = claimedCommand(bench.claims.stop(lease.id), 'exit 3', 'run');
    await using stop = new Program('/bin/sh', ['-c', text]);
    await stop.exited;
    bench.keeper().adopt([]);
    await bench.empty();
    assert.equal(bench.done, '');
    assert.equal(bench.store.history(1)[0]?.stopFailure, 'failed with status 3');
  });
});

test('without a state that can be written a killed stop command is run again too', async () => {
  using bench = new KeeperFixture();
  const keeper = bench.keeper(undefined, new MemoryLeaseStore());
  keeper.complete(bench.completion(bench.door({ start: 'true', stop: ends('kill -KILL 0') })));
  await bench.saw('running');
  bench.clock.advance(60_000);
  await bench.saw('unclosed');
  bench.clock.advance(1_000);
  await bench.until(() => bench.done === 'close\n', 'closing');
  assert.equal(existsSync(bench.scratch.file('runs')), true);
  await keeper.stop();
});

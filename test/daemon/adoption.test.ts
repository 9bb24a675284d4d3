/** What a daemon that was killed has left, at every point where it may have been killed, and what the next one does. */
import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { claimedCommand } from '../../src/host/process/claim.ts';
import { runCommand } from '../../src/host/process/run-command.ts';
import type { StoredLease } from '../../src/host/store/lease-store.ts';
import { Program } from '../lab/program.ts';
import { HandClock, KeeperFixture, SOURCE } from './keeper-fixture.ts';

const DOOR = { start: 'echo open %IP% >> done', stop: 'echo close %IP% >> done', cmdTimeout: 60 };
const CLOSED = `close ${SOURCE}\n`;

/** A command of the dead daemon's that runs still: it says `begun` and waits for a line. */
async function running(text: string): Promise<Program> {
  const shell = new Program('/bin/sh', ['-c', text]);
  await shell.saw(/begun/);
  return shell;
}

const SLOW = 'echo begun; read -r line && echo slow end >> done';

describe('the leases of a dead daemon', { concurrency: 4 }, () => {
  test('killed before the start command was claimed: the door never opened and is not closed', async () => {
    using bench = new KeeperFixture();
    const lease = bench.left(bench.door(DOOR));
    bench.keeper().adopt([]);
    await bench.empty();
    // The shell was on its way when the daemon died, and comes only now.
    assert.equal((await runCommand(bench.claimedStart(lease, 'echo late >> done'), '/')).kind, 'ok');
    assert.equal(bench.done, '');
    assert.deepEqual(bench.kinds(), []);
  });

  test('killed a second time, before the end of a door that never opened was written: not closed either', async () => {
    using bench = new KeeperFixture();
    const lease = bench.left(bench.door(DOOR));
    assert.equal(bench.claims.fate(lease.id, true), 'never');
    bench.keeper().adopt([]);
    await bench.empty();
    assert.equal(bench.done, '');
    assert.equal(bench.store.history(1)[0]?.how, 'failed');
  });

  test('killed while the start command runs: the close waits for its end, and for its time', async () => {
    using bench = new KeeperFixture();
    const lease = bench.left(bench.door(DOOR), { due: new HandClock().sinceBoot() });
    await using start = await running(bench.claimedStart(lease, SLOW));
    bench.keeper().adopt([]);
    assert.equal((await bench.saw('adopted')).overdue, true);
    // Two looks at the claim.
    await new Promise((resolve) => setTimeout(resolve, 250));
    assert.equal(bench.done, '');
    start.write('\n');
    await bench.empty();
    assert.equal(bench.done, `slow end\n${CLOSED}`);
  });

  test('killed while open: closed at its time', async () => {
    using bench = new KeeperFixture();
    const lease = bench.left(bench.door(DOOR));
    await runCommand(bench.claimedStart(lease, 'echo open >> done'), '/');
    bench.keeper().adopt([]);
    assert.equal((await bench.saw('adopted')).overdue, false);
    assert.deepEqual(bench.store.all(), [lease], 'nothing about it has changed');
    bench.clock.advance(60_000);
    await bench.empty();
    assert.equal(bench.done, `open\n${CLOSED}`);
    const claims = readdirSync(bench.scratch.file('claims')).sort();
    assert.deepEqual(
      claims,
      [`${lease.id}.start`, `${lease.id}.stop`],
      'kept for a command still on its way',
    );
    bench.claims.sweep(new Set());
    assert.deepEqual(readdirSync(bench.scratch.file('claims')), [], 'and swept up at the next start');
  });

  test('killed while open, and a knock comes after the adoption: extended, not opened again', async () => {
    using bench = new KeeperFixture();
    const door = bench.door(DOOR);
    const lease = bench.left(door);
    await runCommand(bench.claimedStart(lease, 'echo open >> done'), '/');
    const keeper = bench.keeper();
    keeper.adopt([]);
    bench.clock.advance(30_000);
    keeper.complete(bench.completion(door));
    assert.equal((await bench.saw('extended')).seconds, 60);
    await keeper.stop();
    assert.equal(bench.done, `open\n${CLOSED}`);
    assert.deepEqual(bench.store.all(), []);
  });

  test('the close is overdue: at once', async () => {
    using bench = new KeeperFixture();
    const lease = bench.left(bench.door(DOOR));
    await runCommand(bench.claimedStart(lease, 'true'), '/');
    bench.clock.advance(3_600_000);
    bench.keeper().adopt([]);
    assert.equal((await bench.saw('adopted')).overdue, true);
    await bench.empty();
    assert.equal(bench.done, CLOSED);
  });

  test('killed while the stop command runs: it is not run again; a knock meanwhile opens afterwards', async () => {
    using bench = new KeeperFixture();
    const door = bench.door(DOOR);
    const lease = bench.left(door, { due: new HandClock().sinceBoot() });
    await runCommand(bench.claimedStart(lease, 'true'), '/');
    await using stop = await running(bench.claimedStop(lease, SLOW));
    const keeper = bench.keeper();
    keeper.adopt([]);
    await bench.saw('adopted');
    keeper.complete(bench.completion(door));
    assert.deepEqual(bench.kinds(), ['adopted'], 'not extended: it is being closed');
    stop.write('\n');
    await bench.until(() => bench.done === `slow end\nopen ${SOURCE}\n`, 'reopening');
    await keeper.stop();
    assert.equal(bench.done, `slow end\nopen ${SOURCE}\n${CLOSED}`);
    assert.deepEqual(bench.store.all(), []);
  });

  test('killed while the stop command runs: an orderly stop waits for it', async () => {
    using bench = new KeeperFixture();
    const lease = bench.left(bench.door(DOOR));
    await runCommand(bench.claimedStart(lease, 'true'), '/');
    await using stop = await running(bench.claimedStop(lease, SLOW));
    const keeper = bench.keeper();
    keeper.adopt([]);
    const stopping = keeper.stop();
    stop.write('\n');
    await stopping;
    assert.equal(bench.done, 'slow end\n');
    assert.deepEqual(bench.store.all(), []);
  });

  test('the stop command was killed with the daemon: it runs again at once', async () => {
    using bench = new KeeperFixture();
    const lease = bench.left(bench.door(DOOR));
    await runCommand(bench.claimedStart(lease, 'true'), '/');
    await using stop = await running(bench.claimedStop(lease, SLOW));
    await stop.stop('SIGKILL');
    bench.keeper().adopt([]);
    await bench.empty();
    assert.equal(bench.done, CLOSED);
  });

  test('killed between the claim of the stop command and its beginning: it is run', async () => {
    using bench = new KeeperFixture();
    const lease = bench.left(bench.door(DOOR));
    await runCommand(bench.claimedStart(lease, 'true'), '/');
    writeFileSync(bench.claims.stop(lease.id), '');
    bench.keeper().adopt([]);
    await bench.empty();
    assert.equal(bench.done, CLOSED);
  });

  test('killed after the stop command and before its row was removed: it is not run again', async () => {
    using bench = new KeeperFixture();
    const lease = bench.left(bench.door(DOOR), { due: new HandClock().sinceBoot() });
    await runCommand(bench.claimedStart(lease, 'true'), '/');
    await runCommand(bench.claimedStop(lease, 'exec echo close'), '/');
    bench.keeper().adopt([]);
    await bench.empty();
    assert.equal(bench.done, '');
    assert.deepEqual(bench.kinds(), []);
  });

  test('a stop command that set out before the daemon died and comes after the next has closed does nothing', async () => {
    using bench = new KeeperFixture();
    await bench.makeGate();
    const door = bench.door({ ...DOOR, stop: 'echo close >> done; read -r line < gate' });
    const lease = bench.left(door, { due: new HandClock().sinceBoot() });
    await runCommand(bench.claimedStart(lease, 'true'), '/');
    bench.keeper().adopt([]);
    await bench.until(() => bench.done === 'close\n', 'closing');
    const late = claimedCommand(bench.claims.stop(lease.id), lease.stop, 'run');
    assert.equal((await runCommand(late, bench.scratch.path)).kind, 'ok');
    assert.equal(bench.done, 'close\n');
    await bench.openGate();
    await bench.empty();
  });
});

describe('after a reboot', { concurrency: 4 }, () => {
  const EARLIER = { bootId: 'an earlier boot' } as const;
  const left = (bench: KeeperFixture, changes: Partial<StoredLease> = {}): StoredLease =>
    bench.left(bench.door(DOOR), { ...EARLIER, ...changes });

  test('no claim proves nothing: the file may have been lost, so the door is closed', async () => {
    using bench = new KeeperFixture();
    left(bench);
    // 20 s of power failure; the clock since the start of the machine begins again.
    bench.clock.advance(20_000);
    bench.clock.boot = 5;
    const keeper = bench.keeper();
    keeper.adopt([]);
    assert.equal((await bench.saw('adopted')).overdue, false);
    await bench.until(() => bench.store.all()[0]?.bootId === 'this boot', 'record');
    const [row] = bench.store.all();
    assert.deepEqual(
      [row?.bootId, row?.due, row?.dueWall, row?.length],
      ['this boot', 40_005, bench.clock.day + 40_000, 60_000],
      'from here on it counts on the clock of this boot',
    );
    bench.clock.advance(40_000);
    await bench.empty();
    assert.equal(bench.done, CLOSED);
  });

  test('overdue by the wall clock: at once', async () => {
    using bench = new KeeperFixture();
    left(bench);
    bench.clock.advance(60_000);
    bench.clock.boot = 5;
    bench.keeper().adopt([]);
    await bench.empty();
    assert.equal(bench.done, CLOSED);
  });

  test('the wall clock has lost ten years: a door stays open no longer than its time, however often the daemon restarts', async () => {
    using bench = new KeeperFixture();
    left(bench);
    bench.clock.day -= 10 * 365 * 86_400_000;
    bench.clock.boot = 5;
    const first = bench.keeper();
    first.adopt([]);
    await bench.until(() => bench.store.all()[0]?.due === 60_005, 'record');
    bench.clock.boot += 50_000;
    bench.clock.day -= 3_600_000;
    const second = bench.keeper();
    second.adopt([]);
    await bench.saw('adopted', 2);
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    assert.equal(bench.store.all()[0]?.due, 60_005, 'the second start has not begun it anew');
    await second.stop();
    assert.equal(bench.done, CLOSED);
    // A dead one would not look at the clock for ever.
    await first.stop();
  });

  test('the wall clock jumps within one boot: nothing changes', async () => {
    using bench = new KeeperFixture();
    const lease = bench.left(bench.door(DOOR));
    await runCommand(bench.claimedStart(lease, 'true'), '/');
    bench.clock.day += 10 * 365 * 86_400_000;
    const keeper = bench.keeper();
    keeper.adopt([]);
    assert.equal((await bench.saw('adopted')).overdue, false);
    await keeper.stop();
    assert.equal(bench.done, CLOSED);
  });
});

import assert from 'node:assert/strict';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { Opening } from '../../src/core/door/opening.ts';
import { type Address, parseAddress } from '../../src/core/net/address.ts';
import { type LeaseStore, StoreError } from '../../src/host/store/lease-store.ts';
import { MemoryLeaseStore } from '../../src/host/store/memory-lease-store.ts';
import { RecoveringLeaseStore } from '../../src/host/store/recovering-lease-store.ts';
import { KeeperFixture, SOURCE } from './keeper-fixture.ts';

const SIMPLE = { start: 'echo open %IP% >> done', stop: 'echo close %IP% >> done' };
const OPENED = `open ${SOURCE}\n`;
const CLOSED = `close ${SOURCE}\n`;
const ROUND = OPENED + CLOSED;
const other = (n: number): Address => parseAddress(`198.51.100.${n}`) as Address;

describe('the keeper of doors', { concurrency: 4 }, () => {
  test('opens, and closes at its time by the clock, not before; nothing is left behind', async () => {
    using bench = new KeeperFixture();
    const keeper = bench.keeper();
    keeper.complete(bench.completion(bench.door({ ...SIMPLE, cmdTimeout: 60 })));
    await bench.saw('running');
    assert.equal(bench.store.all().length, 1, 'recorded before anything runs');
    await bench.until(() => bench.done === OPENED, 'opening');
    bench.clock.advance(59_999);
    // A look at the clock and no close: the next look is at most a second away.
    await new Promise((resolve) => setTimeout(resolve, 1100));
    assert.equal(bench.done, OPENED);
    bench.clock.advance(1);
    await bench.empty();
    assert.equal(bench.done, ROUND);
    assert.deepEqual(bench.kinds(), ['running', 'command-timeout', 'running']);
    assert.deepEqual(readdirSync(bench.scratch.file('claims')), []);
  });

  test('a knock while it is open makes it longer, runs nothing, and is recorded', async () => {
    using bench = new KeeperFixture();
    const keeper = bench.keeper();
    const door = bench.door(SIMPLE);
    keeper.complete(bench.completion(door));
    await bench.until(() => bench.done === OPENED, 'opening');
    bench.clock.advance(30_000);
    keeper.complete(bench.completion(door));
    assert.equal((await bench.saw('extended')).seconds, 60);
    await bench.until(() => bench.store.all()[0]?.due === bench.clock.boot + 60_000, 'record');
    assert.equal(bench.store.all()[0]?.dueWall, bench.clock.day + 60_000);
    bench.clock.advance(60_000);
    await bench.empty();
    assert.equal(bench.done, ROUND);
  });

  test('a knock while it closes opens it again afterwards, once', async () => {
    using bench = new KeeperFixture();
    const keeper = bench.keeper();
    const door = bench.door({
      ...SIMPLE,
      stop: 'echo closing >> done; read -r line < gate; echo closed >> done',
    });
    await bench.makeGate();
    keeper.complete(bench.completion(door));
    await bench.until(() => bench.done === OPENED, 'opening');
    bench.clock.advance(60_000);
    await bench.until(() => bench.done.endsWith('closing\n'), 'closing');
    keeper.complete(bench.completion(door));
    keeper.complete(bench.completion(door));
    await bench.openGate();
    await bench.until(() => bench.done === `${OPENED}closing\nclosed\n${OPENED}`, 'reopening');
    assert.equal(bench.store.all().length, 1);
    const stopped = keeper.stop();
    await bench.openGate();
    await stopped;
    assert.equal(bench.store.all().length, 0);
  });

  test('a close waits for the start command, however long it takes', async () => {
    using bench = new KeeperFixture();
    await bench.makeGate();
    const keeper = bench.keeper();
    keeper.complete(
      bench.completion(bench.door({ ...SIMPLE, start: 'read -r line < gate; echo open >> done' })),
    );
    await bench.saw('running');
    bench.clock.advance(100_000);
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(bench.done, '');
    await bench.openGate();
    await bench.empty();
    assert.equal(bench.done, `open\n${CLOSED}`);
  });

  test('a start command that fails is said, and closed all the same', async () => {
    using bench = new KeeperFixture();
    const keeper = bench.keeper();
    keeper.complete(bench.completion(bench.door({ ...SIMPLE, start: 'echo no such table >&2; exit 3' })));
    const { failure, lastErrorLine } = await bench.saw('command-failed');
    assert.deepEqual([failure, lastErrorLine], [{ kind: 'status', status: 3 }, 'no such table']);
    bench.clock.advance(60_000);
    await bench.empty();
    assert.equal(bench.done, CLOSED);
  });

  test('a stop command that fails is said, and not run again', async () => {
    using bench = new KeeperFixture();
    const keeper = bench.keeper();
    keeper.complete(bench.completion(bench.door({ ...SIMPLE, stop: 'echo close >> done; exit 4' })));
    await bench.until(() => bench.done === OPENED, 'opening');
    bench.clock.advance(60_000);
    await bench.empty();
    assert.deepEqual((await bench.saw('command-failed')).failure, { kind: 'status', status: 4 });
    assert.equal(bench.done, `${OPENED}close\n`);
  });

  test('a stop command that cannot even be started stays recorded and is tried again', async () => {
    using bench = new KeeperFixture();
    const keeper = bench.keeper();
    const door = bench.door(SIMPLE);
    keeper.complete(bench.completion({ ...door, opening: tooLong(door.opening) }));
    await bench.until(() => bench.done === OPENED, 'opening');
    bench.clock.advance(60_000);
    assert.equal((await bench.saw('command-failed')).failure.kind, 'not-started');
    assert.equal(bench.store.all().length, 1);
    assert.deepEqual((await bench.saw('unclosed')).seconds, 1);
    bench.clock.advance(1_000);
    await bench.saw('command-failed', 2);
    assert.equal((await bench.saw('unclosed', 2)).seconds, 2);
    // At a stop it is tried at once, and a few times more.
    await bench.passing(keeper.stop());
    assert.equal(bench.store.all().length, 1, 'it is the next start that tries once more');
  });

  test('doors of different sources, and different doors of one source, are independent', async () => {
    using bench = new KeeperFixture();
    const keeper = bench.keeper();
    const [a, b] = [bench.door(SIMPLE, 'a'), bench.door({ ...SIMPLE, cmdTimeout: 10 }, 'b')];
    keeper.complete(bench.completion(a));
    keeper.complete(bench.completion(b));
    keeper.complete(bench.completion(a, other(1)));
    await bench.until(() => bench.done.match(/open/g)?.length === 3, 'openings');
    bench.clock.advance(10_000);
    await bench.until(() => bench.store.all().length === 2, 'one close');
    assert.deepEqual(
      bench.store.all().map((lease) => lease.door),
      ['a', 'a'],
    );
    await keeper.stop();
    assert.equal(bench.done.match(/close/g)?.length, 3);
  });

  test('more commands than may wait: refused, and nothing is recorded', async () => {
    using bench = new KeeperFixture();
    await bench.makeGate();
    const keeper = bench.keeper({ running: 1, waiting: 1 });
    const door = bench.door({ ...SIMPLE, start: 'read -r line < gate' });
    for (const n of [1, 2, 3]) keeper.complete(bench.completion(door, other(n)));
    assert.match((await bench.saw('refused')).reason, /too many commands/);
    await bench.until(() => bench.store.all().length === 2, 'records');
    const stopped = keeper.stop();
    await bench.openGate();
    await bench.openGate();
    await stopped;
    assert.equal(bench.done.match(/close/g)?.length, 2);
  });

  test('a door without a stop command is not recorded; knocks while it runs make it run once more', async () => {
    using bench = new KeeperFixture();
    await bench.makeGate();
    const keeper = bench.keeper();
    const door = bench.door({ start: 'read -r line < gate; echo ran >> done' });
    for (let n = 0; n < 5; n++) keeper.complete(bench.completion(door));
    assert.equal(bench.store.all().length, 0);
    await bench.openGate();
    await bench.saw('running', 2);
    await bench.openGate();
    await bench.until(() => bench.done === 'ran\nran\n', 'second run');
    assert.equal(bench.kinds().filter((kind) => kind === 'running').length, 2);
  });
});

describe('an orderly stop', { concurrency: 4 }, () => {
  test('closes every door at once and resolves when the last has closed', async () => {
    using bench = new KeeperFixture();
    const keeper = bench.keeper();
    const door = bench.door({ ...SIMPLE, cmdTimeout: 3600, stop: 'sleep 0.1; echo close >> done' });
    const count = 40;
    for (let n = 0; n < count; n++) keeper.complete(bench.completion(door, other(n)));
    await bench.until(() => bench.done.match(/open/g)?.length === count, 'openings');
    await keeper.stop();
    assert.equal(bench.done.match(/close/g)?.length, count);
    assert.deepEqual(bench.store.all(), []);
    assert.deepEqual(readdirSync(bench.scratch.file('claims')), []);
    keeper.complete(bench.completion(door));
    assert.equal(bench.store.all().length, 0, 'nothing opens after the stop');
  });

  test('waits for a start command that still runs, and closes after it', async () => {
    using bench = new KeeperFixture();
    await bench.makeGate();
    const keeper = bench.keeper();
    keeper.complete(
      bench.completion(bench.door({ ...SIMPLE, start: 'read -r line < gate; echo open >> done' })),
    );
    await bench.saw('running');
    let stopped = false;
    const stopping = keeper.stop().then(() => {
      stopped = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(stopped, false);
    await bench.openGate();
    await stopping;
    assert.equal(bench.done, `open\n${CLOSED}`);
  });

  test('with nothing open it is over at once', async () => {
    using bench = new KeeperFixture();
    await bench.keeper().stop();
  });
});

describe('a store that fails', { concurrency: 4 }, () => {
  test('at the recording: the door stays shut, and the reason is said', async () => {
    using bench = new KeeperFixture();
    const keeper = bench.keeper(undefined, fullStore());
    keeper.complete(bench.completion(bench.door(SIMPLE)));
    assert.match((await bench.saw('refused')).reason, /cannot be recorded: database or disk is full/);
    await keeper.stop();
    assert.equal(bench.done, '');
    assert.deepEqual(bench.kinds(), ['refused']);
  });

  test('later: it is said, and the door is closed all the same', async () => {
    using bench = new KeeperFixture();
    const store: LeaseStore = new MemoryLeaseStore();
    const fail = (): never => {
      throw new StoreError('the disk has gone');
    };
    const broken: LeaseStore = {
      isOpen: true,
      reopen: () => undefined,
      record: (lease) => store.record(lease),
      all: () => store.all(),
      update: fail,
      noteStart: fail,
      end: fail,
      remove: fail,
      history: () => [],
      past: () => ({ leases: [] }),
      uses: () => store.uses(),
      recordUses: fail,
      endUses: fail,
      codes: fail,
      recordCodes: fail,
      forgiveCodes: fail,
      endCodes: fail,
      fleet: () => [],
      recordFleet: fail,
      together: (changes) => store.together(changes),
      close: fail,
    };
    const keeper = bench.keeper(undefined, broken);
    const door = bench.door(SIMPLE);
    keeper.complete(bench.completion(door));
    await bench.until(() => bench.done === OPENED, 'opening');
    keeper.complete(bench.completion(door));
    assert.equal((await bench.saw('error')).text, 'the disk has gone');
    await keeper.stop();
    assert.equal(bench.done, ROUND);
    await bench.saw('error', 2);
    assert.equal(readdirSync(bench.scratch.file('claims')).length, 2, 'they say that the row is done with');
    // The next daemon on the same state: the row is no reason to close once more.
    const next = bench.keeper(undefined, store);
    next.adopt([]);
    await next.stop();
    assert.deepEqual(store.all(), []);
    assert.equal(bench.done, ROUND);
  });

  test('claims that cannot be made: the start is refused, a close runs', async () => {
    using bench = new KeeperFixture();
    const door = bench.door(SIMPLE);
    bench.left(door);
    const directory = bench.scratch.file('claims');
    rmSync(directory, { recursive: true });
    writeFileSync(directory, '');
    const keeper = bench.keeper();
    keeper.adopt([]);
    await bench.saw('error');
    keeper.complete(bench.completion(door, other(1)));
    assert.match((await bench.saw('command-failed')).lastErrorLine ?? '', /cannot create the claim/);
    await keeper.stop();
    assert.equal(bench.done.match(/open/g), null);
    assert.equal(bench.done.match(new RegExp(CLOSED, 'g'))?.length, 1);
  });
});

const tooLong = (opening: Opening): Opening => ({
  ...opening,
  commands: { ...opening.commands, 4: { ...opening.commands[4], stop: `: ${'x'.repeat(200_000)}` } },
});

/** One that cannot be opened. */
function fullStore(): LeaseStore {
  const store = new RecoveringLeaseStore('/no/such/leases.db', () => {
    throw new StoreError('database or disk is full');
  });
  assert.throws(() => store.open(), StoreError);
  return store;
}

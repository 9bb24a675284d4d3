// A store that cannot be written to shuts no door that the kernel closes by itself, and loses no lease: what it could
// not take it is given again.

import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { describe, test } from 'node:test';
import { LeaseJournal } from '../../src/app/daemon/leases/lease-journal.ts';
import { MAX_ENDED, UnwrittenLeases } from '../../src/app/daemon/leases/unwritten-leases.ts';
import type { Event } from '../../src/core/event/event.ts';
import type { Lease, LeaseId } from '../../src/core/lease/lease.ts';
import type { LeaseEnding } from '../../src/core/lease/past-lease.ts';
import { instant, millis } from '../../src/core/net/time.ts';
import { type StoredLease, StoreError } from '../../src/host/store/lease-store.ts';
import { MemoryLeaseStore } from '../../src/host/store/memory-lease-store.ts';
import { RecoveringLeaseStore } from '../../src/host/store/recovering-lease-store.ts';
import { openSqliteLeaseStore } from '../../src/host/store/sqlite-lease-store.ts';
import { lease as stored } from '../contract/stored-lease.ts';
import { Scratch } from '../lab/child-module.ts';
import { PATIENCE_MS } from '../lab/program.ts';
import { HandClock, SOURCE } from './keeper-fixture.ts';

const ENDING: LeaseEnding = { how: 'expired', at: instant(1), lasted: millis(1) };

const lease = (id: string, changes: Partial<Lease> = {}): Lease => ({
  id: id as LeaseId,
  door: 'ssh',
  source: SOURCE,
  stop: '',
  state: 'open',
  since: instant(0),
  due: instant(60_000),
  ...changes,
});

/** A journal on a real database whose path may be unusable: its directory is a link that leads nowhere or somewhere. */
class Fixture implements Disposable {
  readonly scratch = new Scratch();
  readonly clock = new HandClock();
  readonly events: Event[] = [];
  readonly leases: Lease[] = [];
  isRecovered: boolean;
  readonly store: RecoveringLeaseStore;
  readonly journal: LeaseJournal;
  late = 0;

  constructor(isRecovered: boolean) {
    this.isRecovered = isRecovered;
    this.store = new RecoveringLeaseStore(
      this.path,
      () => openSqliteLeaseStore(this.isRecovered ? this.path : '/no/such/directory/leases.db'),
      () => this.late++,
    );
    try {
      this.store.open();
    } catch {
      // That is the test's point.
    }
    this.journal = new LeaseJournal({
      store: this.store,
      clock: this.clock,
      report: (event) => void this.events.push(event),
      entries: () =>
        this.leases.map((one) => ({
          lease: one,
          state: { at: 'open', start: 'none', isHeld: false },
          written: undefined,
          isAdopted: false,
        })),
    });
  }

  get path(): string {
    return this.scratch.file('leases.db');
  }

  /** The journal's own timer has done it, whatever the machine is busy with. */
  async until(condition: () => boolean): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    while (!condition()) {
      assert.ok(performance.now() < deadline, JSON.stringify(this.events));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  get texts(): string {
    return this.events.map((event) => ('text' in event ? event.text : event.kind)).join('\n');
  }

  [Symbol.dispose](): void {
    this.store.close();
    this.scratch[Symbol.dispose]();
  }
}

/** A store that says when its disk is full. */
class SometimesFull extends MemoryLeaseStore {
  isFull = false;

  override record(lease: StoredLease): void {
    if (this.isFull) throw new StoreError('database or disk is full');
    super.record(lease);
  }
}

describe('leases that cannot be recorded', () => {
  test('one that may wait opens with a warning, one that may not is refused with the reason', async () => {
    using bench = new Fixture(false);
    assert.equal(await bench.journal.record(lease('native'), millis(60_000), true), undefined);
    assert.match(bench.texts, /192\.0\.2\.7: ssh: opens without a record.*unable to open database file/);
    const why = await bench.journal.record(lease('command', { stop: 'x' }), millis(60_000), false);
    assert.match(why ?? '', /its closing cannot be recorded: .*unable to open database file/);
    assert.equal(bench.journal.canRecord, false);
    assert.equal(bench.journal.isUnwritten('native' as LeaseId), true);
    assert.equal(bench.journal.isUnwritten('command' as LeaseId), false);
  });

  test('are recorded once each when that is possible, with their latest end, and what is over is history', async () => {
    using bench = new Fixture(false);
    const open = ['a', 'b', 'c'].map((id) => lease(id));
    for (const one of open) await bench.journal.record(one, millis(60_000), true);
    bench.journal.keep(lease('b', { due: instant(90_000) }), millis(90_000));
    await bench.journal.end(lease('c'), ENDING, () => undefined);
    bench.leases.push(lease('a'), lease('b', { due: instant(90_000) }));
    bench.isRecovered = true;
    await bench.until(() => bench.store.isOpen);
    const rows = bench.store.all().map(({ id, due }) => [id, due]);
    assert.deepEqual(rows.sort(), [
      ['a', 60_000],
      ['b', 90_000],
    ]);
    assert.deepEqual(
      bench.store.history(9).map(({ id }) => id),
      ['c'],
    );
    assert.equal(bench.late, 1);
    assert.equal(bench.journal.canRecord, true);
    assert.match(bench.texts, /leases can be recorded again: 3/);
  });

  test('a store that works again at a knock records the other leases too, without waiting for the next retry', async () => {
    using bench = new Fixture(true);
    const store = new SometimesFull();
    const { clock } = bench;
    const report = (event: Event): void => void bench.events.push(event);
    const journal = new LeaseJournal({ store, clock, report, entries: () => [] });
    store.isFull = true;
    assert.equal(await journal.record(lease('first'), millis(1), true), undefined);
    assert.deepEqual(store.all(), []);
    store.isFull = false;
    assert.equal(await journal.record(lease('second'), millis(1), true), undefined);
    await bench.until(() => store.all().length === 2);
    journal.stop();
  });

  test('an end that could not be written does not come back as a lease, and drops its claims only when it is history', async () => {
    using bench = new Fixture(true);
    const one = lease('a');
    await bench.journal.record(one, millis(60_000), false);
    bench.store.close();
    let dropped = 0;
    await bench.journal.end(one, ENDING, () => dropped++);
    assert.equal(dropped, 0);
    bench.journal.keep(one, millis(1));
    assert.equal(bench.journal.isUnwritten(one.id), true);
    bench.journal.stop();
    assert.match(bench.texts, /1 lease\(s\) that are over cannot be written to the history/);
  });

  test('a damaged or lost store is replaced at once: no knock is refused, and the other leases are recorded again', async () => {
    using bench = new Fixture(true);
    const one = lease('a', { stop: 'close a' });
    await bench.journal.record(one, millis(60_000), false);
    bench.leases.push(one);
    rmSync(bench.path);
    rmSync(`${bench.path}-wal`);
    assert.equal(await bench.journal.record(lease('b', { stop: 'close b' }), millis(1), false), undefined);
    assert.deepEqual(
      bench.store
        .all()
        .map(({ id }) => id)
        .sort(),
      ['a', 'b'],
    );
  });

  test('those that are over are bounded: the oldest are dropped and counted, those that are open stay', () => {
    const unwritten = new UnwrittenLeases();
    unwritten.add(stored('open'));
    for (let n = 0; n < MAX_ENDED + 7; n++)
      unwritten.add(stored(`${n}`), { ending: ENDING, whenWritten: () => undefined });
    assert.equal(unwritten.size, MAX_ENDED + 1);
    assert.equal(unwritten.drainDropped(), 7);
    assert.equal(unwritten.has('6' as LeaseId), false);
    assert.equal(unwritten.has('7' as LeaseId), true);
    const store = new MemoryLeaseStore();
    unwritten.writeTo(store);
    assert.deepEqual(
      store.all().map(({ id }) => id),
      ['open'],
    );
    assert.equal(store.history(MAX_ENDED * 2).length, MAX_ENDED);
    assert.equal(unwritten.size, 0);
  });

  test('what came to the disk without saying so is not recorded twice', () => {
    const unwritten = new UnwrittenLeases();
    const store = new MemoryLeaseStore();
    store.record(stored('a'));
    unwritten.add(stored('a', { due: instant(7) }));
    unwritten.writeTo(store);
    assert.deepEqual(
      store.all().map(({ due }) => due),
      [7],
    );
  });
});

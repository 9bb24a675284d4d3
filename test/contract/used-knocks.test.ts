// The record of signed knocks that have been taken: through restarts, crashes, lost and replaced databases.

import assert from 'node:assert/strict';
import { copyFileSync, renameSync, rmSync } from 'node:fs';
import { describe, test } from 'node:test';
import { instant, millis } from '../../src/core/net/time.ts';
import { CLOCK_WINDOW_MS } from '../../src/core/signed/judge-knock.ts';
import { MAX_USED, type UsedKnock, UsedKnocks, usedUntil } from '../../src/core/signed/used-knocks.ts';
import type { LeaseStore } from '../../src/host/store/lease-store.ts';
import { RecoveringLeaseStore } from '../../src/host/store/recovering-lease-store.ts';
import { openSqliteLeaseStore } from '../../src/host/store/sqlite-lease-store.ts';
import { Scratch } from '../lab/child-module.ts';

const NOW = 1_800_000_000_000;

function knock(n: number, time = NOW): UsedKnock {
  const id = new Uint8Array(32);
  new DataView(id.buffer).setUint32(0, n);
  return { id, time: instant(time), until: usedUntil(instant(time), instant(time), CLOCK_WINDOW_MS) };
}

const firstStart = instant(NOW - 5000);
const start = instant(NOW + 5000);
const boot = instant(1000);
/** When a run before the start has ended. */
const ended = instant(NOW + 1000);
const readAgain = (store: LeaseStore): UsedKnocks => new UsedKnocks(store.uses(), start, boot);
const nothing = { floor: instant(0), each: () => [] };

/** As a daemon would at its start, the first one. */
function begin(store: LeaseStore, run: string): UsedKnocks {
  const used = new UsedKnocks(store.uses(), firstStart, boot);
  store.recordUses(run, [], used, instant(NOW));
  return used;
}

describe('the record of used knocks in the database', () => {
  test('outlives a run that ended in order, and nothing older need be refused', () => {
    using scratch = new Scratch();
    const store = openSqliteLeaseStore(scratch.file('leases.db'));
    begin(store, 'one');
    store.recordUses('one', [knock(1), knock(2)], nothing, instant(NOW));
    store.endUses('one', ended);
    store.close();
    const next = openSqliteLeaseStore(scratch.file('leases.db'));
    const used = readAgain(next);
    assert.deepEqual(
      [used.isForgotten(firstStart), used.isForgotten(instant(firstStart + 1))],
      [true, false],
    );
    assert.deepEqual(
      [1, 2, 3].map((n) => used.has(knock(n).id, 0)),
      [true, true, false],
    );
    next.close();
  });

  test('after a run that died, what is older than the start counts for nothing', () => {
    using scratch = new Scratch();
    const store = openSqliteLeaseStore(scratch.file('leases.db'));
    begin(store, 'one');
    store.recordUses('one', [knock(1)], nothing, instant(NOW));
    store.close();
    const next = openSqliteLeaseStore(scratch.file('leases.db'));
    const used = readAgain(next);
    assert.equal(used.floor, start);
    assert.equal(used.has(knock(1).id, 0), true);
    next.close();
  });

  test('without a database likewise', () => {
    using scratch = new Scratch();
    const store = openSqliteLeaseStore(scratch.file('leases.db'));
    assert.equal(readAgain(store).floor, start);
    store.close();
  });

  test('the end of a former run does not stand for this one', () => {
    using scratch = new Scratch();
    const store = openSqliteLeaseStore(scratch.file('leases.db'));
    begin(store, 'one');
    begin(store, 'two');
    store.endUses('one', ended);
    assert.equal(store.uses().endedAt, undefined);
    store.close();
  });

  test('an older copy of the database: what was used after it counts for nothing, now and after a further restart', () => {
    using scratch = new Scratch();
    const [path, copy] = [scratch.file('leases.db'), scratch.file('copy')];
    const first = openSqliteLeaseStore(path);
    begin(first, 'one');
    first.endUses('one', ended);
    first.close();
    copyFileSync(path, copy);
    const second = openSqliteLeaseStore(path);
    const later = instant(ended + 2000);
    second.recordUses('two', [knock(7, later)], readAgain(second), later);
    second.endUses('two', later);
    second.close();
    for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
    copyFileSync(copy, path);
    const third = openSqliteLeaseStore(path);
    const used = readAgain(third);
    assert.equal(used.has(knock(7).id, 0), false, 'the copy does not know it');
    assert.ok(used.isForgotten(later));
    // From before the copy, and from after the start.
    for (const time of [ended, start + 1]) assert.equal(used.isForgotten(instant(time)), false);
    // In whole seconds.
    const unit = millis(1000);
    assert.deepEqual(
      [later, start - 500, start].map((time) => used.isForgotten(instant(time), unit)),
      [true, false, false],
    );
    third.recordUses('three', [], used, start);
    third.endUses('three', instant(start + 1000));
    const fourth = new UsedKnocks(third.uses(), instant(start + 2000), boot);
    assert.ok(fourth.isForgotten(later));
    third.close();
  });

  test('what is forgotten leaves its time as a floor, so that a clock set back revives nothing', () => {
    using scratch = new Scratch();
    const store = openSqliteLeaseStore(scratch.file('leases.db'));
    begin(store, 'one');
    store.recordUses('one', [knock(1), knock(2, NOW - 10_000)], nothing, instant(NOW));
    store.recordUses('one', [knock(3, NOW + 200_000)], nothing, instant(NOW + 200_000));
    store.endUses('one', ended);
    const used = readAgain(store);
    assert.deepEqual([used.isForgotten(instant(NOW)), used.isForgotten(instant(NOW + 1))], [true, false]);
    assert.deepEqual(
      [1, 2, 3].map((n) => used.has(knock(n).id, 0)),
      [false, false, true],
    );
    store.close();
  });

  test('a database that has been replaced gets all that the run knows', () => {
    using scratch = new Scratch();
    const path = scratch.file('leases.db');
    const store = new RecoveringLeaseStore(path, () => openSqliteLeaseStore(path));
    store.open();
    const used = begin(store, 'one');
    const take = (one: UsedKnock): void => {
      used.add(one, boot);
      store.recordUses('one', [one], used, instant(NOW));
    };
    take(knock(1));
    renameSync(path, scratch.file('gone'));
    rmSync(`${path}-wal`);
    assert.throws(() => take(knock(2)), /has been removed or replaced/);
    store.reopen();
    take(knock(3));
    assert.deepEqual(
      store
        .uses()
        .used.map(({ id }) => new DataView(id.buffer, id.byteOffset).getUint32(0))
        .sort(),
      [1, 2, 3],
    );
    store.close();
  });
});

describe('the record of used knocks in memory', () => {
  const fresh = (): UsedKnocks =>
    new UsedKnocks({ floor: instant(0), used: [], endedAt: start }, instant(0), boot);

  test('takes a knock once', () => {
    const used = fresh();
    assert.deepEqual([used.add(knock(1), boot), used.add(knock(1), boot)], [true, false]);
    const within = new Uint8Array([9, ...knock(1).id]);
    assert.deepEqual([used.has(within, 1), used.has(within, 0)], [true, false]);
  });

  test('forgets by both clocks, and the floor keeps out what is forgotten', () => {
    const used = fresh();
    used.add(knock(1), boot);
    used.add({ ...knock(2), time: instant(0) }, boot);
    // The wall clock has jumped a year ahead: a challenge may still be good.
    used.purge(instant(NOW + 31e9), instant(2000));
    assert.deepEqual([used.size, used.floor], [2, 0]);
    used.purge(instant(NOW), instant(1e7));
    assert.deepEqual([used.size, used.floor], [2, 0], 'it has been set back since');
    used.purge(instant(NOW + 200_000), instant(2e7));
    assert.deepEqual([used.size, used.floor], [0, NOW]);
  });

  test('when it is full, the oldest entry goes, and its time becomes the lower limit', () => {
    const used = fresh();
    for (let n = 0; n < MAX_USED; n++) used.add(knock(n, NOW + n), boot);
    assert.equal(used.add(knock(MAX_USED, NOW), boot), true);
    assert.deepEqual([used.size, used.floor, used.has(knock(0).id, 0)], [MAX_USED, NOW, false]);
  });

  test('full of knocks with challenges that are still good, it takes none', () => {
    const used = fresh();
    for (let n = 0; n < MAX_USED; n++) used.add({ ...knock(n), time: instant(0) }, boot);
    assert.equal(used.add(knock(MAX_USED), boot), false);
  });
});

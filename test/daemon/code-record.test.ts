// The record of used codes: what a disk that takes nothing, a crash and an orderly end leave to the next start.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { CodeRecord } from '../../src/app/daemon/proofs/code-record.ts';
import { stepAt } from '../../src/core/code/totp.ts';
import type { Event } from '../../src/core/event/event.ts';
import { instant } from '../../src/core/net/time.ts';
import { type LeaseStore, StoreError } from '../../src/host/store/lease-store.ts';
import { openSqliteLeaseStore } from '../../src/host/store/sqlite-lease-store.ts';
import { Scratch } from '../lab/child-module.ts';
import { address } from '../unit/code/code-knocks.ts';

const START = instant(1_800_000_000_000);
const STEP = stepAt(START);
const HERE = address('192.0.2.7');

/** A daemon's record over a database; writing goes at once, or fails. */
class Run {
  readonly told: Event[] = [];
  readonly record: CodeRecord;
  isFull = false;
  #writes: Promise<void> = Promise.resolve();

  constructor(store: LeaseStore, start = START) {
    const alongside = (write: () => void): Promise<void> => {
      const done = Promise.resolve().then(() => {
        if (this.isFull) throw new StoreError('the disk is full');
        write();
      });
      this.#writes = done.catch(() => undefined);
      return done;
    };
    this.record = new CodeRecord({ store, alongside, report: (event) => this.told.push(event) }, start);
  }

  async take(user: string, step: number): Promise<void> {
    this.record.use({ user, door: 'ssh', step, source: HERE, at: START });
    await this.#writes;
  }

  judge(user: string, step: number): string {
    return this.record.used.judge(user, 'ssh', step, address('192.0.2.8')).kind;
  }

  async settled(): Promise<this> {
    await this.#writes;
    return this;
  }
}

suite('the record of used codes', () => {
  test('without a record of earlier runs, nothing counts up to the start', async () => {
    using scratch = new Scratch();
    const store = openSqliteLeaseStore(scratch.file('leases.db'));
    const run = await new Run(store).settled();
    assert.deepEqual([run.judge('a', STEP), run.judge('a', STEP + 1)], ['forgotten', 'fresh']);
    store.close();
  });

  test('after an orderly end all is known; after a crash what was used, and nothing else up to the start', async () => {
    using scratch = new Scratch();
    const path = scratch.file('leases.db');
    const first = openSqliteLeaseStore(path);
    const one = await new Run(first).settled();
    await one.take('a', STEP + 1);
    one.record.end();
    first.close();
    const second = openSqliteLeaseStore(path);
    const later = instant(START + 300_000);
    const two = await new Run(second, later).settled();
    assert.deepEqual(
      [two.judge('a', STEP + 1), two.judge('a', STEP + 2), two.judge('b', STEP)],
      ['used', 'fresh', 'forgotten'],
    );
    await two.take('a', STEP + 5);
    // It dies here.
    second.close();
    const third = openSqliteLeaseStore(path);
    const three = await new Run(third, instant(START + 600_000)).settled();
    assert.deepEqual(
      [three.judge('a', STEP + 5), three.judge('b', STEP + 20), three.judge('b', STEP + 21)],
      ['used', 'forgotten', 'fresh'],
    );
    third.close();
  });

  test('a full disk keeps nobody out and is reported once; records are written later', async () => {
    using scratch = new Scratch();
    const path = scratch.file('leases.db');
    const store = openSqliteLeaseStore(path);
    const run = await new Run(store).settled();
    run.isFull = true;
    await run.take('a', STEP + 1);
    await run.take('b', STEP + 1);
    assert.equal(run.judge('a', STEP + 1), 'used', 'it counts in memory');
    assert.equal(run.told.length, 1);
    assert.match(JSON.stringify(run.told), /the disk is full; codes open all the same/);
    run.record.end();
    store.close();
    const next = openSqliteLeaseStore(path);
    const after = await new Run(next, instant(START + 60_000)).settled();
    assert.equal(after.judge('a', STEP + 1), 'forgotten');
    after.record.end();
    next.close();
  });

  test('codes that `bussa user forgive` drops are deleted from the database too', async () => {
    using scratch = new Scratch();
    const path = scratch.file('leases.db');
    const store = openSqliteLeaseStore(path);
    const run = await new Run(store).settled();
    await run.take('a', STEP + 1);
    assert.equal(run.record.forgive('a'), true);
    assert.equal(run.record.forgive('a'), false);
    await run.settled();
    assert.equal(run.judge('a', STEP + 1), 'fresh');
    assert.deepEqual(store.codes().used, []);
    store.close();
  });
});

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { takeOverOrphans } from '../../src/app/daemon/leases/take-over.ts';
import { databaseIn, openState, type State } from '../../src/app/state/open-state.ts';
import { type PortOpening, parsePortOpening } from '../../src/core/door/port-opening.ts';
import type { Event } from '../../src/core/event/event.ts';
import type { LeaseId, LeasePorts } from '../../src/core/lease/lease.ts';
import type { Address } from '../../src/core/net/address.ts';
import { instant, millis } from '../../src/core/net/time.ts';
import { openSystemClock } from '../../src/host/clock/clock.ts';
import type { StoredLease } from '../../src/host/store/lease-store.ts';
import { moduleOf, startModule } from '../lab/child-module.ts';

const clock = openSystemClock();

const LEASE: StoredLease = {
  id: 'a' as LeaseId,
  door: 'ssh',
  source: '192.0.2.1' as Address,
  stop: 'true',
  since: clock.sinceBoot(),
  sinceWall: clock.wall(),
  due: instant(clock.sinceBoot() + 60_000),
  dueWall: instant(clock.wall() + 60_000),
  length: millis(60_000),
  bootId: clock.bootId,
};

const OPENED: LeasePorts = {
  ports: [parsePortOpening('tcp/22') as PortOpening],
  singleUse: false,
  hold: false,
  closeKills: true,
};

class TwoStates {
  readonly directory = mkdtempSync(join(tmpdir(), 'bussa-take-over-'));
  readonly events: Event[] = [];
  readonly own: State;
  readonly #open = new Set<State>();

  constructor(t: TestContext) {
    t.after(() => {
      for (const state of this.#open) state.store.close();
      rmSync(this.directory, { recursive: true, force: true });
    });
    this.own = this.open('own');
  }

  open(name: string): State {
    const state = openState(this.directory, name, {
      clock,
      report: (event) => void this.events.push(event),
      isItsStop: () => true,
    });
    this.#open.add(state);
    return state;
  }

  die(state: State): void {
    this.#open.delete(state);
    state.store.close();
  }

  /** The state of a daemon that has died with a lease whose start command has run. */
  orphan(): State {
    const state = this.open('other');
    state.store.record(LEASE);
    state.claims.moveToThisBoot(LEASE.id);
    return state;
  }

  takeOver(): boolean {
    return takeOverOrphans(this.directory, 'own', this.own, clock, (event) => this.events.push(event));
  }
}

describe('leases of daemons that do not come back', () => {
  it('are taken over, with their end and their command', (t) => {
    const states = new TwoStates(t);
    const orphan = states.orphan();
    states.die(orphan);
    assert.equal(states.takeOver(), false);
    assert.deepEqual(states.own.store.all(), [LEASE]);
    assert.equal(states.own.claims.fate(LEASE.id, true), 'open', 'it counts as opened here too');
    assert.deepEqual(states.open('other').store.all(), [], 'and is gone there');
    assert.deepEqual(states.events, []);
  });

  it('are left to a daemon that lives', (t) => {
    const states = new TwoStates(t);
    states.orphan();
    assert.equal(states.takeOver(), false);
    assert.deepEqual(states.own.store.all(), []);
    assert.deepEqual(states.events, []);
  });

  it('are moved once, also if the first time was cut off in the middle', (t) => {
    const states = new TwoStates(t);
    const orphan = states.orphan();
    states.own.store.record(LEASE);
    states.die(orphan);
    states.takeOver();
    states.takeOver();
    assert.equal(states.own.store.all().length, 1);
  });

  it('wait while their stop command runs or may still set out', (t) => {
    const states = new TwoStates(t);
    const orphan = states.orphan();
    // A claim that a living shell has made: this process stands for it, its path in the command line is missing,
    // and so it counts as cut off, which the new daemon runs again.
    writeFileSync(orphan.claims.stop(LEASE.id), `${process.pid}\n`);
    states.die(orphan);
    assert.equal(states.takeOver(), false);
    const [moved] = states.own.store.all();
    assert.ok(moved !== undefined && moved.due <= clock.sinceBoot(), 'killed in the middle: due at once');
  });

  it('leases without commands, which have no claims, are taken over too', (t) => {
    const states = new TwoStates(t);
    const orphan = states.open('other');
    const native: StoredLease = { ...LEASE, stop: '', opened: OPENED };
    orphan.store.record(native);
    states.die(orphan);
    assert.equal(states.takeOver(), false);
    assert.deepEqual(states.own.store.all(), [native]);
  });

  it('that a reboot has ended are history here', (t) => {
    const states = new TwoStates(t);
    const orphan = states.open('other');
    const sinceWall = instant(clock.wall() - 5000);
    orphan.store.record({ ...LEASE, stop: '', opened: OPENED, bootId: 'an earlier one', sinceWall });
    states.die(orphan);
    assert.equal(states.takeOver(), false);
    assert.deepEqual(states.own.store.all(), []);
    const [past] = states.own.store.history(9);
    assert.deepEqual([past?.id, past?.how], [LEASE.id, 'rebooted']);
    assert.ok((past?.lasted ?? 0) >= 5000);
  });

  it('that never began are forgotten', (t) => {
    const states = new TwoStates(t);
    const orphan = states.open('other');
    orphan.store.record(LEASE);
    states.die(orphan);
    assert.equal(states.takeOver(), false);
    assert.deepEqual(states.own.store.all(), []);
    assert.deepEqual(states.open('other').store.all(), []);
  });

  it('of a daemon that lives, whose database is damaged: nothing is touched', async (t) => {
    const states = new TwoStates(t);
    const directory = join(states.directory, 'broken');
    mkdirSync(directory, { mode: 0o700 });
    writeFileSync(databaseIn(directory), 'no database at all, whatever its name says');
    await using living = startModule(
      `import { DirectoryLock } from '${moduleOf('host/files/directory-lock.ts')}';
       console.log(new DirectoryLock().acquire(process.argv[1]));
       setInterval(() => undefined, 1000);`,
      directory,
    );
    await living.saw(/^taken$/m);
    assert.equal(states.takeOver(), false);
    assert.deepEqual(states.events, []);
    assert.deepEqual(readdirSync(directory), ['leases.db']);
  });

  it('in a damaged database: it is set aside, and that is said once', (t) => {
    const states = new TwoStates(t);
    const directory = join(states.directory, 'broken');
    mkdirSync(directory, { mode: 0o700 });
    writeFileSync(databaseIn(directory), 'no database at all, whatever its name says');
    assert.equal(states.takeOver(), false);
    assert.equal(states.takeOver(), false);
    assert.equal(states.events.length, 1);
    assert.match(JSON.stringify(states.events), /is damaged.*renamed to .*broken\/leases\.db\.damaged-/);
  });
});

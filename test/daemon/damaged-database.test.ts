// A database may be anything by the time it is opened: cut off, overwritten, flipped. It is never the daemon's end, nor
// the end of recording; what can be read of it is closed, and the damaged files are kept.
import assert from 'node:assert/strict';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { databaseIn, openState, type State } from '../../src/app/state/open-state.ts';
import type { Event } from '../../src/core/event/event.ts';
import type { LeaseId } from '../../src/core/lease/lease.ts';
import { instant, millis } from '../../src/core/net/time.ts';
import { openSystemClock } from '../../src/host/clock/clock.ts';
import { type StoredLease, StoreError } from '../../src/host/store/lease-store.ts';
import { openSqliteLeaseStore } from '../../src/host/store/sqlite-lease-store.ts';
import { lease, parsePorts } from '../contract/stored-lease.ts';
import { moduleOf, Scratch, startModule } from '../lab/child-module.ts';
import { repeats } from '../lab/effort.ts';
import { seededRandom } from '../lab/seeded-random.ts';

const clock = openSystemClock();
const STOP = lease('a').stop;
const PAGE = 4096;
const ROUNDS = repeats('BUSSA_DAMAGES', { quick: 15, full: 60 });

/** Enough of them that their table has several pages, and its damage leaves some to be read. */
const LEASES: readonly StoredLease[] = Array.from({ length: 60 }, (_, n) =>
  lease(`lease-${n}`, n % 2 === 0 ? { door: 'a'.repeat(200) } : { stop: '', opened: opened() }),
);

function opened(): NonNullable<StoredLease['opened']> {
  return { ports: parsePorts('tcp/22') as never, singleUse: false, hold: false, closeKills: false };
}

type Fixture = {
  readonly scratch: Scratch;
  readonly path: string;
  readonly events: Event[];
  open(): State;
  names(): string[];
};

/** A state directory with the leases of a daemon that is no more. */
function bench(): Fixture & Disposable {
  const scratch = new Scratch();
  const directory = scratch.file('name');
  mkdirSync(directory, { mode: 0o700 });
  const path = databaseIn(directory);
  const store = openSqliteLeaseStore(path);
  for (const one of LEASES) store.record(one);
  store.close();
  const events: Event[] = [];
  return {
    scratch,
    path,
    events,
    open: () =>
      openState(scratch.path, 'name', {
        clock,
        report: (event) => void events.push(event),
        isItsStop: ({ stop }) => stop === STOP,
      }),
    names: () => readdirSync(directory).sort(),
    [Symbol.dispose]: () => scratch[Symbol.dispose](),
  };
}

const texts = (events: readonly Event[]): string =>
  events.map((event) => ('text' in event ? event.text : event.kind)).join('\n');

/** Whatever was done to the database: there is one to record in, and nothing of it is run that is not the door’s. */
function assertUsable(one: Fixture): StoredLease[] {
  const state = one.open();
  try {
    const found = state.store.all();
    const isAside = one.names().some((name) => name.includes('.damaged-'));
    if (isAside) {
      for (const { stop, due } of found) {
        assert.equal(due, 0, 'what is read from damage is closed at once');
        assert.ok(stop === '' || stop === STOP, 'no text of a damaged database is run');
      }
      assert.match(texts(one.events), /renamed to .*leases\.db\.damaged-[\dT-]+Z/);
    }
    state.store.record(lease('one-more'));
    state.store.end('one-more' as LeaseId, { how: 'expired', at: instant(1), lasted: millis(1) });
    assert.equal(state.store.isOpen, true);
    return found;
  } finally {
    state.store.close();
  }
}

type Damage = (path: string, random: () => number) => void;

const DAMAGES: Readonly<Record<string, Damage>> = {
  'cut off': (path, random) => truncateSync(path, Math.floor(random() * statSync(path).size)),
  'cut off at a page': (path, random) =>
    truncateSync(path, Math.floor(random() * (statSync(path).size / PAGE)) * PAGE),
  'overwritten in one page': (path, random) => {
    const page = Math.floor((random() * statSync(path).size) / PAGE);
    overwrite(path, page * PAGE, Buffer.alloc(PAGE, Math.floor(random() * 256)));
  },
  'overwritten whole': (path, random) =>
    writeFileSync(path, Buffer.alloc(1 + Math.floor(random() * 20_000), Math.floor(random() * 256))),
  'with flipped bits': (path, random) => {
    const bytes = readFileSync(path);
    for (let n = 0; n < 1 + random() * 40; n++) {
      const at = Math.floor(random() * bytes.length);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8));
    }
    writeFileSync(path, bytes);
  },
  'with flipped bits in its header': (path, random) => {
    const bytes = readFileSync(path);
    // Where the layout's number stands, a low one is told from another version's: it is left alone, and said.
    const at = Math.floor(random() * 60);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8));
    writeFileSync(path, bytes);
  },
};

function overwrite(path: string, at: number, bytes: Uint8Array): void {
  const fd = openSync(path, 'r+');
  writeSync(fd, bytes, 0, bytes.length, at);
  closeSync(fd);
}

/** The layout of another version is no damage: whoever has that version still has use for it. */
function isOtherVersion({ events }: Fixture): boolean {
  return texts(events).includes('another version of Bussa wrote it');
}

describe('a database that is damaged when the daemon starts', () => {
  for (const [name, damage] of Object.entries(DAMAGES)) {
    test(`${name}, ${ROUNDS} times: there is one to record in, and nothing of it is run that is not the door’s`, (t: TestContext) => {
      const random = seededRandom(t, 21);
      let asides = 0;
      for (let round = 0; round < ROUNDS; round++) {
        using one = bench();
        damage(one.path, random);
        if (name.includes('flipped bits') && opensAsOther(one)) continue;
        assertUsable(one);
        if (one.names().some((file) => file.includes('.damaged-'))) asides++;
      }
      t.diagnostic(`${asides} of ${ROUNDS} set aside`);
      assert.ok(asides > 0);
    });
  }

  function opensAsOther(one: Fixture): boolean {
    const state = one.open();
    state.store.close();
    const isOther = isOtherVersion(one);
    // What the first opening has mended or set aside is judged by the second one.
    return isOther;
  }

  test('its leases that can be read are closed at once, and the damaged files stay as they were', () => {
    using one = bench();
    const bytes = readFileSync(one.path);
    // The last page: leases, not the tables' root.
    const page = bytes.length / PAGE - 1;
    overwrite(one.path, page * PAGE, Buffer.alloc(PAGE, 0xa5));
    const damaged = readFileSync(one.path);
    const found = assertUsable(one);
    assert.ok(found.length > 0 && found.length < LEASES.length, `${found.length} leases`);
    assert.ok(found.some(({ stop }) => stop === '') && found.some(({ stop }) => stop === STOP));
    const aside = one.names().find((name) => name.includes('.damaged-')) ?? '';
    assert.match(aside, /^leases\.db\.damaged-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ$/);
    assert.deepEqual(readFileSync(join(dirname(one.path), aside)), damaged);
    assert.match(
      texts(one.events),
      /not all leases in it could be read: check for doors that are still open/,
    );
  });

  test('a stop command that is not the door’s does not run: the log shows it, to be run by hand', () => {
    using one = bench();
    const store = openSqliteLeaseStore(one.path);
    store.record(lease('other', { stop: 'rm -rf /', dueWall: instant(0) }));
    store.record(lease('bad'));
    store.close();
    breakRow(one.path);
    const found = assertUsable(one);
    assert.equal(found.length, LEASES.length);
    assert.match(
      texts(one.events),
      /openSSH may still be open for 203\.0\.113\.9: .*close it by hand: rm -rf \//,
    );
    assert.match(texts(one.events), /1 lease\(s\) in it could be read|1 lease\(s\)/);
  });

  test('dead between setting it aside and putting the new one in its place: the next start has the leases', () => {
    using one = bench();
    const fresh = `${one.path}-new`;
    renameSync(one.path, fresh);
    writeFileSync(`${one.path}-wal`, 'the log of a database that has gone');
    const state = one.open();
    assert.equal(state.store.all().length, LEASES.length);
    state.store.close();
    assert.equal(existsSync(fresh), false);
    assert.equal(existsSync(`${one.path}-wal`), false);
  });

  test('dead before that: what was begun is forgotten', () => {
    using one = bench();
    writeFileSync(`${one.path}-new`, 'half of a database');
    const state = one.open();
    assert.equal(state.store.all().length, LEASES.length);
    state.store.close();
    assert.equal(existsSync(`${one.path}-new`), false);
  });

  test('that another daemon has open: it is not touched', async () => {
    using one = bench();
    await using holder = startModule(
      `import { openSqliteLeaseStore } from '${moduleOf('host/store/sqlite-lease-store.ts')}';
       const store = openSqliteLeaseStore(process.argv[1]);
       console.log('holds', store.all().length); setInterval(() => store, 1000);`,
      one.path,
    );
    await holder.saw(/holds/);
    // A page is half written, and the log is empty.
    truncateSync(one.path, statSync(one.path).size - 100);
    assert.throws(() => one.open(), { name: 'AlreadyRunningError' });
    assert.ok(!one.names().some((name) => name.includes('.damaged-')));
    await holder.stop('SIGKILL');
  });
});

/** One row makes no sense any more, and the pages are sound. */
function breakRow(path: string): void {
  const bytes = readFileSync(path);
  const at = bytes.lastIndexOf('bad');
  const source = bytes.indexOf('203.0.113.9', at);
  bytes[source] = 'x'.charCodeAt(0);
  writeFileSync(path, bytes);
}

/** What somebody, or a disk, does to the files of a daemon that runs. */
const LOSSES: Readonly<Record<string, (path: string) => void>> = {
  'its -wal removed': (path) => rmSync(`${path}-wal`),
  'the database removed': (path) => rmSync(path),
  'both removed': (path) => {
    rmSync(path);
    rmSync(`${path}-wal`);
  },
  'another file in its place': (path) => {
    rmSync(path);
    writeFileSync(path, 'no database');
  },
  'the whole directory removed': (path) => rmSync(dirname(path), { recursive: true }),
};

describe('a database that is lost while the daemon runs', () => {
  for (const [name, lose] of Object.entries(LOSSES)) {
    test(`${name}: a write says so, and it can be opened again`, () => {
      using one = bench();
      const { store } = one.open();
      store.record(lease('before'));
      lose(one.path);
      assert.throws(() => store.record(lease('while')), StoreError);
      assert.equal(store.isOpen, false);
      assert.throws(() => store.record(lease('while')), /removed or replaced/);
      store.reopen();
      store.record(lease('after'));
      store.close();
      const again = openSqliteLeaseStore(one.path);
      const ids = again.all().map(({ id }) => `${id}`);
      assert.ok(ids.includes('after'));
      if (name.startsWith('its -wal')) assert.ok(ids.includes('before'), 'what the log held is not lost');
      again.close();
    });
  }
});

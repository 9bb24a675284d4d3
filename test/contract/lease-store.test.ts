import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import type { PortOpening } from '../../src/core/door/port-opening.ts';
import { parsePortOpening } from '../../src/core/door/port-opening.ts';
import type { LeaseEnd, LeaseId } from '../../src/core/lease/lease.ts';
import { type Address, parseAddress } from '../../src/core/net/address.ts';
import { instant, millis } from '../../src/core/net/time.ts';
import {
  type LeaseEnding,
  type LeaseStore,
  MAX_HISTORY,
  type StoredLease,
  StoreError,
} from '../../src/host/store/lease-store.ts';
import { MemoryLeaseStore } from '../../src/host/store/memory-lease-store.ts';
import { openSqliteLeaseStore } from '../../src/host/store/sqlite-lease-store.ts';
import { UnavailableLeaseStore } from '../../src/host/store/unavailable-lease-store.ts';
import { moduleOf, Scratch, startModule, startModuleOnDisk } from './child-module.ts';

function lease(id: string, changes: Partial<StoredLease> = {}): StoredLease {
  return {
    id: id as LeaseId,
    door: 'openSSH',
    source: parseAddress('203.0.113.9') as Address,
    stop: '/sbin/iptables -D INPUT -s 203.0.113.9 -j ACCEPT',
    since: instant(63_456.75),
    sinceWall: instant(1_699_999_940_000.25),
    due: instant(123_456.75),
    dueWall: instant(1_700_000_000_000.25),
    length: millis(60_000),
    bootId: '5d2f7a0e-0000-4000-8000-000000000001',
    ...changes,
  };
}

const parsePorts = (...texts: string[]): PortOpening[] =>
  texts.map((text) => parsePortOpening(text) as PortOpening);

const HARD_TEXT = `echo 'a "b"' \\ "$(x)" %s ü 🔑\nnext line\t; -- ' OR 1=1`;

const byId = (a: StoredLease, b: StoredLease): number => (a.id < b.id ? -1 : 1);

const ADAPTERS: Readonly<Record<string, (scratch: Scratch) => LeaseStore>> = {
  memory: () => new MemoryLeaseStore(),
  sqlite: (scratch) => openSqliteLeaseStore(scratch.file('leases.db')),
};

for (const [name, open] of Object.entries(ADAPTERS)) {
  describe(`a lease store: ${name}`, () => {
    test('what is recorded comes back as it was', () => {
      using scratch = new Scratch();
      const store = open(scratch);
      assert.deepEqual(store.all(), []);
      const leases = [
        lease('a'),
        lease('b', { source: parseAddress('2001:db8::1') as Address, stop: HARD_TEXT, door: 'Tür 2' }),
        lease('c', { due: instant(0), dueWall: instant(-1), length: millis(0) }),
        lease('d', { due: instant(2 ** 52), length: millis(0.001), stop: 'x'.repeat(100_000) }),
      ];
      for (const one of leases) store.record(one);
      assert.deepEqual(store.all().sort(byId), leases);
      store.close();
    });

    test('a change reaches the one lease, and a removal too', () => {
      using scratch = new Scratch();
      const store = open(scratch);
      for (const id of ['a', 'b', 'c']) store.record(lease(id));
      const later = lease('b', { due: instant(9), dueWall: instant(10), length: millis(11), bootId: 'new' });
      store.update(later);
      store.remove('a' as LeaseId);
      assert.deepEqual(store.all().sort(byId), [later, lease('c')]);
      store.close();
    });

    test('a lease that is not there is neither changed into being nor missed', () => {
      using scratch = new Scratch();
      const store = open(scratch);
      store.update(lease('ghost'));
      store.remove('ghost' as LeaseId);
      assert.deepEqual(store.all(), []);
      store.close();
    });

    test('what has ended is history, the latest first, and is open no more', () => {
      using scratch = new Scratch();
      const store = open(scratch);
      const [ssh] = parsePorts('tcp/22');
      const ports = {
        ports: [ssh, ...parsePorts('udp/51820')],
        singleUse: true,
        hold: true,
        closeKills: false,
      };
      const native = lease('native', { stop: '', opened: ports as never });
      for (const one of [lease('a'), native, lease('open')]) store.record(one);
      const end = (how: LeaseEnd, at: number): LeaseEnding => ({ how, at: instant(at), lasted: millis(7.5) });
      store.end('a' as LeaseId, end('expired', 100));
      store.end('native' as LeaseId, end('left', 200));
      store.end('native' as LeaseId, end('stopped', 300));
      store.end('ghost' as LeaseId, end('expired', 400));
      assert.deepEqual(store.all(), [lease('open')]);
      const { door, source, sinceWall } = native;
      const rest = { door, source, sinceWall };
      assert.deepEqual(store.history(10), [
        { id: 'native', ...rest, ports: 'tcp/22, udp/51820', ...end('left', 200) },
        { id: 'a', ...rest, ports: '', ...end('expired', 100) },
      ]);
      assert.equal(store.history(1).length, 1);
      store.close();
    });

    test('changes that belong together happen together, or not at all', () => {
      using scratch = new Scratch();
      const store = open(scratch);
      store.record(lease('a'));
      store.together(() => {
        store.record(lease('b'));
        store.end('a' as LeaseId, { how: 'expired', at: instant(1), lasted: millis(1) });
      });
      assert.deepEqual([store.all(), store.history(9).length], [[lease('b')], 1]);
      const twice = (): void =>
        store.together(() => {
          store.end('b' as LeaseId, { how: 'expired', at: instant(1), lasted: millis(1) });
          store.record(lease('c'));
          store.record(lease('c'));
        });
      assert.throws(twice, StoreError);
      assert.deepEqual([store.all(), store.history(9).length], [[lease('b')], 1]);
      store.record(lease('d'));
      assert.equal(store.all().length, 2, 'and it goes on');
      store.close();
    });

    test('the oldest history is forgotten', () => {
      using scratch = new Scratch();
      const store = open(scratch);
      store.together(() => {
        for (let n = 0; n < MAX_HISTORY + 3; n++) {
          store.record(lease(`${n}`));
          store.end(`${n}` as LeaseId, { how: 'expired', at: instant(n), lasted: millis(1) });
        }
      });
      const all = store.history(MAX_HISTORY * 2);
      assert.deepEqual([all.length, all.at(0)?.at, all.at(-1)?.at], [MAX_HISTORY, MAX_HISTORY + 2, 3]);
      store.close();
    });

    test('the same lease twice is an error, and the first one stays', () => {
      using scratch = new Scratch();
      const store = open(scratch);
      store.record(lease('a'));
      assert.throws(() => store.record(lease('a', { stop: 'other' })), StoreError);
      assert.deepEqual(store.all(), [lease('a')]);
      store.close();
    });
  });
}

describe('the lease store in the place of one that cannot be opened', () => {
  test('records nothing and says why', () => {
    const store: LeaseStore = new UnavailableLeaseStore('the disk is gone');
    for (const call of ['record', 'update', 'end', 'remove'] as const) {
      assert.throws(() => (store[call] as () => void)(), {
        name: 'StoreError',
        message: 'the disk is gone',
      });
    }
    assert.deepEqual([store.all(), store.history(10)], [[], []]);
    store.close();
  });
});

const OPEN = `import { openSqliteLeaseStore } from '${moduleOf('host/store/sqlite-lease-store.ts')}';`;

describe('the database of leases', () => {
  test('of the second layout: its leases are taken over, as long as they were', () => {
    using scratch = new Scratch();
    const path = scratch.file('leases.db');
    const earlier = new DatabaseSync(path);
    earlier.exec(`
      CREATE TABLE lease (id TEXT PRIMARY KEY, door TEXT NOT NULL, source TEXT NOT NULL, stop TEXT NOT NULL,
        due REAL NOT NULL, due_wall REAL NOT NULL, length REAL NOT NULL, boot_id TEXT NOT NULL,
        ports TEXT NOT NULL DEFAULT '', single_use INTEGER NOT NULL DEFAULT 0) STRICT;
      INSERT INTO lease VALUES ('old', 'ssh', '192.0.2.1', '', 61000, 1700000060000, 60000, 'boot', 'tcp/22', 1);
      PRAGMA user_version = 2`);
    earlier.close();
    const store = openSqliteLeaseStore(path);
    const [ssh] = parsePorts('tcp/22');
    assert.deepEqual(store.all(), [
      lease('old', {
        door: 'ssh',
        source: parseAddress('192.0.2.1') as Address,
        stop: '',
        since: instant(1000),
        sinceWall: instant(1_700_000_000_000),
        due: instant(61_000),
        dueWall: instant(1_700_000_060_000),
        bootId: 'boot',
        opened: { ports: [ssh as PortOpening], singleUse: true, hold: false, closeKills: false },
      }),
    ]);
    assert.deepEqual(store.history(9), []);
    store.close();
  });

  test('damaged in a page that only an end would write to: an error at the start, not then', () => {
    using scratch = new Scratch();
    const path = scratch.file('leases.db');
    const store = openSqliteLeaseStore(path);
    store.record(lease('a'));
    store.close();
    const edited = new DatabaseSync(path);
    const page = Number(
      edited.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'history'").get()?.rootpage,
    );
    edited.close();
    const bytes = readFileSync(path);
    bytes.fill(0xa5, (page - 1) * 4096, page * 4096);
    writeFileSync(path, bytes);
    assert.throws(() => openSqliteLeaseStore(path), { name: 'StoreError', message: /it is damaged/ });
    assert.deepEqual(readFileSync(path), bytes);
  });

  test('emptied beside its log: an error, and the log is left alone', async () => {
    using scratch = new Scratch();
    const path = scratch.file('leases.db');
    await using child = startModule(
      `${OPEN} const store = openSqliteLeaseStore(process.argv[1]); store.record(JSON.parse(process.argv[2]));
       console.log('recorded'); setInterval(() => undefined, 1000);`,
      path,
      JSON.stringify(lease('a')),
    );
    await child.saw(/recorded/);
    await child.stop('SIGKILL');
    truncateSync(path, 0);
    const log = readFileSync(`${path}-wal`);
    assert.ok(log.length > 0);
    assert.throws(() => openSqliteLeaseStore(path), {
      name: 'StoreError',
      message: /is empty beside its log.*damaged/,
    });
    assert.deepEqual(readFileSync(`${path}-wal`), log);
  });

  test('a log cut off loses nothing that an earlier run has written', async () => {
    using scratch = new Scratch();
    const path = scratch.file('leases.db');
    const first = openSqliteLeaseStore(path);
    first.record(lease('a'));
    first.close();
    await using child = startModule(
      `${OPEN} const store = openSqliteLeaseStore(process.argv[1]); console.log('open', store.all().length);
       setInterval(() => undefined, 1000);`,
      path,
    );
    await child.saw(/open 1/);
    await child.stop('SIGKILL');
    truncateSync(`${path}-wal`, 0);
    const again = openSqliteLeaseStore(path);
    assert.deepEqual(again.all(), [lease('a')]);
    again.close();
  });

  test('leases outlive a close, in the order of their ends', () => {
    using scratch = new Scratch();
    const path = scratch.file('leases.db');
    const first = openSqliteLeaseStore(path);
    const leases = [3, 1, 2].map((n) => lease(`id${n}`, { dueWall: instant(n) }));
    for (const one of leases) first.record(one);
    first.close();
    const second = openSqliteLeaseStore(path);
    assert.deepEqual(
      second.all().map((one) => one.id),
      ['id1', 'id2', 'id3'],
    );
    second.close();
  });

  test('kill -9 loses nothing that record, update or remove have returned from', async () => {
    using scratch = new Scratch();
    const path = scratch.file('leases.db');
    await using child = startModule(
      `${OPEN}
       const store = openSqliteLeaseStore(process.argv[1]);
       const base = JSON.parse(process.argv[2]);
       for (let n = 0; n < 50; n++) store.record({ ...base, id: 'id' + n });
       for (let n = 0; n < 50; n += 2) store.update({ ...base, id: 'id' + n, due: 777 });
       for (let n = 0; n < 50; n += 5) store.remove('id' + n);
       console.log('recorded');
       setInterval(() => undefined, 1000);`,
      path,
      JSON.stringify(lease('base')),
    );
    await child.saw(/recorded/);
    await child.stop('SIGKILL');
    const store = openSqliteLeaseStore(path);
    const found = new Map(store.all().map((one) => [one.id as string, one]));
    store.close();
    for (let n = 0; n < 50; n++) {
      const due = n % 2 === 0 ? instant(777) : lease('x').due;
      assert.deepEqual(found.get(`id${n}`), n % 5 === 0 ? undefined : lease(`id${n}`, { due }));
    }
  });

  test('open in another process: an error that says so, and it opens once that one has ended', async () => {
    using scratch = new Scratch();
    const path = scratch.file('leases.db');
    await using holder = startModule(
      `${OPEN} const store = openSqliteLeaseStore(process.argv[1]); console.log('holds', store.all().length);
       setInterval(() => undefined, 1000);`,
      path,
    );
    await holder.saw(/holds 0/);
    assert.throws(() => openSqliteLeaseStore(path), {
      name: 'StoreError',
      message: `cannot open the state database ${path}: database is locked; another process has it open: stop that one`,
    });
    await holder.stop('SIGKILL');
    openSqliteLeaseStore(path).close();
  });

  test('cut off at any length: an error, or every lease', () => {
    using scratch = new Scratch();
    const whole = scratch.file('whole.db');
    const store = openSqliteLeaseStore(whole);
    const leases = Array.from({ length: 40 }, (_, n) =>
      lease(`id${String(n).padStart(2, '0')}`, { dueWall: instant(n), stop: `close ${n} `.repeat(20) }),
    );
    for (const one of leases) store.record(one);
    store.close();
    const { size } = statSync(whole);
    assert.ok(size > 8192, `${size} bytes`);
    let refused = 0;
    for (let length = 1; length < size; length += 256) {
      const path = scratch.file(`cut-${length}.db`);
      copyFileSync(whole, path);
      truncateSync(path, length);
      try {
        const cut = openSqliteLeaseStore(path);
        try {
          assert.deepEqual(cut.all(), leases, `cut to ${length} bytes`);
        } finally {
          cut.close();
        }
      } catch (error) {
        assert.ok(error instanceof StoreError, String(error));
        refused++;
      }
    }
    assert.ok(refused > 10, `${refused} refused`);
  });

  test('garbage: an error with its remedy, and not a byte is changed', () => {
    using scratch = new Scratch();
    const path = scratch.file('leases.db');
    const garbage = Buffer.alloc(8192, 'this is a shopping list\n');
    writeFileSync(path, garbage);
    assert.throws(() => openSqliteLeaseStore(path), {
      name: 'StoreError',
      message: /leases\.db: file is not a database; it is damaged.*move it away, and close by hand/,
    });
    assert.deepEqual(readFileSync(path), garbage);
  });

  test('of a later version: an error that names both layouts, and nothing is changed', () => {
    using scratch = new Scratch();
    const path = scratch.file('leases.db');
    const later = new DatabaseSync(path);
    later.exec('CREATE TABLE lease (all_new TEXT); INSERT INTO lease VALUES (1); PRAGMA user_version = 4');
    later.close();
    assert.throws(() => openSqliteLeaseStore(path), {
      name: 'StoreError',
      message: /has layout 4, this program knows 3: .*run that one, or move .* away/,
    });
    const after = new DatabaseSync(path);
    assert.deepEqual({ ...after.prepare('SELECT * FROM lease').get() }, { all_new: '1' });
    after.close();
  });

  test('a row that makes no sense is an error, not a lease less', () => {
    using scratch = new Scratch();
    const path = scratch.file('leases.db');
    const store = openSqliteLeaseStore(path);
    store.record(lease('a'));
    store.close();
    const edited = new DatabaseSync(path);
    edited.exec("UPDATE lease SET source = 'localhost'");
    edited.close();
    const again = openSqliteLeaseStore(path);
    assert.throws(() => again.all(), { name: 'StoreError', message: /source is not an address: localhost/ });
    again.close();
  });

  test('a directory that is not there', () => {
    using scratch = new Scratch();
    assert.throws(() => openSqliteLeaseStore(scratch.file('no/such/leases.db')), {
      name: 'StoreError',
      message: /unable to open database file; its directory must be there and writable/,
    });
  });

  test('a disk that is read-only: an error with its remedy', async () => {
    using scratch = new Scratch();
    await using child = startModuleOnDisk(
      { size: '1m', mountPoint: scratch.path },
      `${OPEN}
       import { execFileSync } from 'node:child_process';
       const path = process.argv[1] + '/leases.db';
       openSqliteLeaseStore(path).close();
       execFileSync('mount', ['-o', 'remount,ro', process.argv[1]]);
       try { openSqliteLeaseStore(path); } catch (error) { console.log(error.name + ': ' + error.message); }`,
      scratch.path,
    );
    await child.exited;
    assert.match(
      child.output,
      /^StoreError: cannot open the state database .*; its disk.* must be .*writable\n$/,
    );
  });

  test('a full disk: the call fails and says so, what was recorded stays, and room ends it', async () => {
    using scratch = new Scratch();
    await using child = startModuleOnDisk(
      { size: '256k', mountPoint: scratch.path },
      `${OPEN}
       import { rmSync, writeFileSync } from 'node:fs';
       const [, directory, text] = process.argv;
       const base = JSON.parse(text);
       const store = openSqliteLeaseStore(directory + '/leases.db');
       store.record({ ...base, id: 'first' });
       try { writeFileSync(directory + '/fill', Buffer.alloc(1e6)); } catch (error) { console.log(error.code); }
       let recorded = 1;
       try { for (;; recorded++) store.record({ ...base, id: 'n' + recorded, stop: 'x'.repeat(3000) }); }
       catch (error) { console.log(error.name + ': ' + error.message); }
       console.log(store.all().length === recorded, store.all()[0].id);
       rmSync(directory + '/fill');
       store.record({ ...base, id: 'last' });
       store.close();
       console.log(openSqliteLeaseStore(directory + '/leases.db').all().length === recorded + 1);`,
      scratch.path,
      JSON.stringify(lease('base', { dueWall: instant(0) })),
    );
    assert.equal((await child.exited).code, 0, child.output);
    assert.match(
      child.output,
      /^ENOSPC\nStoreError: cannot record a lease in .*: database or disk is full; make room on its disk\ntrue first\ntrue\n$/,
    );
  });
});

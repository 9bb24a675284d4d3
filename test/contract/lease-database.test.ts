import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import type { PortOpening } from '../../src/core/door/port-opening.ts';
import type { LeaseId } from '../../src/core/lease/lease.ts';
import { type Address, parseAddress } from '../../src/core/net/address.ts';
import { instant, millis } from '../../src/core/net/time.ts';
import { StoreError } from '../../src/host/store/lease-store.ts';
import { openSqliteLeaseStore } from '../../src/host/store/sqlite-lease-store.ts';
import { moduleOf, Scratch, startModule, startModuleOnDisk } from '../lab/child-module.ts';
import { lease, parsePorts } from './stored-lease.ts';

const OPEN = `import { openSqliteLeaseStore } from '${moduleOf('host/store/sqlite-lease-store.ts')}';`;

describe('the database of leases', () => {
  test('a FIFO in its place is refused with a message, without waiting for a writer', () => {
    using scratch = new Scratch();
    const path = scratch.file('leases.db');
    execFileSync('mkfifo', [path]);
    const code = `${OPEN} try { openSqliteLeaseStore('${path}') } catch (error) { console.log(error.name, error.message) }`;
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
      encoding: 'utf8',
      timeout: 60_000,
      killSignal: 'SIGKILL',
    });
    assert.match(
      child.stdout,
      /^StoreError .*leases\.db: it is a FIFO, a socket or a device, not a file: remove it/,
    );
  });

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

  test('of the fifth layout: its leases are of one address; a lease of a prefix stays one', () => {
    using scratch = new Scratch();
    const path = scratch.file('leases.db');
    const [ssh] = parsePorts('tcp/22');
    const opened = { ports: [ssh as PortOpening], singleUse: false, hold: true, closeKills: false } as const;
    const source = parseAddress('2001:db8::5') as Address;
    const before = openSqliteLeaseStore(path);
    before.record(lease('old', { source, opened }));
    before.close();
    const earlier = new DatabaseSync(path);
    earlier.exec(
      'ALTER TABLE lease DROP COLUMN prefix6; ALTER TABLE lease DROP COLUMN holders; ALTER TABLE history DROP COLUMN holders; DROP TABLE used; DROP TABLE used_run; DROP TABLE used_code; DROP TABLE used_code_run; DROP TABLE fleet; ALTER TABLE lease DROP COLUMN ordered_by; ALTER TABLE history DROP COLUMN ordered_by; ALTER TABLE history DROP COLUMN closed_by; PRAGMA user_version = 5',
    );
    earlier.close();
    const store = openSqliteLeaseStore(path);
    const ofPrefix = lease('new', { source, opened: { ...opened, prefix6: 64 } });
    store.record(ofPrefix);
    store.close();
    const again = openSqliteLeaseStore(path);
    assert.deepEqual(again.all(), [lease('old', { source, opened }), ofPrefix]);
    again.close();
  });

  test('of the seventh layout, which has no holders: from then on holders are stored, and shown in the history', () => {
    using scratch = new Scratch();
    const path = scratch.file('leases.db');
    const before = openSqliteLeaseStore(path);
    before.record(lease('old'));
    before.record(lease('over'));
    before.end('over' as LeaseId, { how: 'expired', at: instant(5), lasted: millis(5) });
    before.close();
    const earlier = new DatabaseSync(path);
    earlier.exec(
      'ALTER TABLE lease DROP COLUMN holders; ALTER TABLE history DROP COLUMN holders; DROP TABLE used_code; DROP TABLE used_code_run; DROP TABLE fleet; ALTER TABLE lease DROP COLUMN ordered_by; ALTER TABLE history DROP COLUMN ordered_by; ALTER TABLE history DROP COLUMN closed_by; PRAGMA user_version = 7',
    );
    earlier.close();
    const store = openSqliteLeaseStore(path);
    assert.deepEqual(store.all(), [lease('old')]);
    const [alice, al] = ['alice', 'al'].map((user) => ({
      ...{ kind: 'key' as const, user },
      fingerprint: `SHA256:${'a'.repeat(43)}`,
    }));
    if (alice === undefined || al === undefined) throw new Error();
    store.record(lease('hers', { holders: [alice] }));
    store.record(lease('both', { holders: [alice], dueWall: instant(9) }));
    store.update(lease('both', { holders: [alice, al], isShared: true, dueWall: instant(9) }));
    store.close();
    const again = openSqliteLeaseStore(path);
    assert.deepEqual(again.all().find(({ id }) => id === 'hers')?.holders, [alice]);
    const both = again.all().find(({ id }) => id === 'both');
    assert.deepEqual([both?.holders, both?.isShared], [[alice, al], true]);
    for (const id of ['hers', 'both'])
      again.end(id as LeaseId, { how: 'revoked', at: instant(5), lasted: millis(5) });
    const namesOf = (user: string) => again.past({ user }).leases.map(({ id }) => id);
    assert.deepEqual([namesOf('alice'), namesOf('al'), namesOf('ali')], [['both', 'hers'], ['both'], []]);
    assert.deepEqual(again.past({ user: 'al' }).leases[0]?.holders, [alice, al]);
    again.close();
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

  test('garbage: an error, and not a byte is changed', () => {
    using scratch = new Scratch();
    const path = scratch.file('leases.db');
    const garbage = Buffer.alloc(8192, 'this is a shopping list\n');
    writeFileSync(path, garbage);
    assert.throws(() => openSqliteLeaseStore(path), {
      name: 'StoreError',
      message: /leases\.db: file is not a database; it is damaged, or not a database of Bussa$/,
    });
    assert.deepEqual(readFileSync(path), garbage);
  });

  test('of a later version: an error that names both layouts, and nothing is changed', () => {
    using scratch = new Scratch();
    const path = scratch.file('leases.db');
    const later = new DatabaseSync(path);
    later.exec('CREATE TABLE lease (all_new TEXT); INSERT INTO lease VALUES (1); PRAGMA user_version = 12');
    later.close();
    assert.throws(() => openSqliteLeaseStore(path), {
      name: 'StoreError',
      message: /has layout 12, this program knows 11: .*run that version, or move .* away/,
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

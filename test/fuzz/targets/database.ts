import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { LEASE_ENDS, type LeaseId } from '../../../src/core/lease/lease.ts';
import { type Address, parseAddress } from '../../../src/core/net/address.ts';
import type { Port } from '../../../src/core/net/port.ts';
import { instant, millis } from '../../../src/core/net/time.ts';
import { type StoredLease, StoreError } from '../../../src/host/store/lease-store.ts';
import { openSqliteLeaseStore } from '../../../src/host/store/sqlite-lease-store.ts';
import { makeScratch, texts } from '../corpus.ts';
import type { Target } from '../target.ts';

/** The files that SQLite puts beside a database. */
const BESIDE = ['-wal', '-shm', '-journal'];

const LEASES: readonly StoredLease[] = ['192.0.2.1', '2001:db8::7', '198.51.100.200'].map((source, i) => ({
  id: `lease-${i}` as LeaseId,
  door: `door ${i}`,
  source: source as Address,
  stop: `/sbin/iptables -D INPUT -s ${source} -j ACCEPT`,
  since: instant(i),
  sinceWall: instant(1_700_000_000_000 + i),
  due: instant(1000.5 * i),
  dueWall: instant(1_700_000_000_000 + i),
  length: millis(10_000),
  bootId: '5d2f7a0e-0000-4000-8000-000000000001',
  ...(i === 1
    ? {
        opened: {
          ports: [{ protocol: 'tcp', first: 22 as Port, last: 22 as Port, path: 'input' }],
          singleUse: true,
          hold: true,
          closeKills: false,
        },
      }
    : {}),
}));

/** The embedded database, as a disk, an older program or somebody with an editor may leave it. */
export function databaseTarget(): Target {
  const directory = makeScratch();
  const file = path.join(directory, 'leases.db');
  const corpus = [makeDatabase(file, []), makeDatabase(file, LEASES)];
  return {
    name: 'database',
    share: 3,
    material: { corpus, tokens: TOKENS, maxBytes: 65_536 },
    take: (bytes, length) => take(file, bytes.slice(0, length)),
    allocates: true,
    close: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/**
 * The log beside a sound database, and in its place the memory that processes share and the journal of another mode,
 * as a crash, a disk or somebody may leave them.
 */
export function databaseLogTarget(): Target {
  const directory = makeScratch();
  const file = path.join(directory, 'leases.db');
  const { database, log } = makeLog(file);
  return {
    name: 'database-log',
    share: 2,
    material: { corpus: [log], tokens: [...TOKENS, ...LOG_TOKENS], maxBytes: 65_536 },
    take: (bytes, length) => {
      for (const end of BESIDE) take(file, database, [end, bytes.slice(0, length)]);
    },
    allocates: true,
    close: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** A database that has been killed: what it was last told stands in its log alone. */
function makeLog(file: string): { readonly database: Uint8Array; readonly log: Uint8Array } {
  remove(file);
  const store = openSqliteLeaseStore(file);
  for (const lease of LEASES) store.record(lease);
  const [database, log] = ['', '-wal'].map((end) => Uint8Array.from(readFileSync(`${file}${end}`)));
  store.close();
  assert.ok(database !== undefined && log !== undefined && log.length > 0);
  return { database, log };
}

function makeDatabase(file: string, leases: readonly StoredLease[]): Uint8Array {
  remove(file);
  const store = openSqliteLeaseStore(file);
  for (const lease of leases) store.record(lease);
  store.close();
  return Uint8Array.from(readFileSync(file));
}

/** It opens and tells of leases that can be, or it says why not. */
function take(file: string, bytes: Uint8Array, beside?: readonly [end: string, bytes: Uint8Array]): void {
  remove(file);
  writeFileSync(file, bytes);
  if (beside !== undefined) writeFileSync(`${file}${beside[0]}`, beside[1]);
  try {
    using store = new OpenStore(file);
    store.judge();
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    assert.ok(error.message.includes(file), error.message);
  }
}

class OpenStore implements Disposable {
  readonly #store;

  constructor(file: string) {
    this.#store = openSqliteLeaseStore(file);
  }

  judge(): void {
    for (const { id, door, source, due, length, opened } of this.#store.all()) {
      assert.equal(parseAddress(source), source);
      assert.ok(typeof id === 'string' && typeof door === 'string');
      assert.ok(typeof due === 'number' && typeof length === 'number');
      assert.ok(opened === undefined || opened.ports.length > 0);
    }
    for (const { source, how, ports } of this.#store.history(1000)) {
      assert.equal(parseAddress(source), source);
      assert.ok(LEASE_ENDS.includes(how));
      assert.ok(typeof ports === 'string');
    }
    const id = 'one more' as LeaseId;
    this.#store.record({ ...(LEASES[0] as StoredLease), id });
    assert.ok(this.#store.all().some((lease) => lease.id === id));
    this.#store.end(id, { how: 'expired', at: instant(1), lasted: millis(1) });
  }

  [Symbol.dispose](): void {
    this.#store.close();
  }
}

function remove(file: string): void {
  for (const each of ['', ...BESIDE]) rmSync(`${file}${each}`, { force: true });
}

const TOKENS = texts(
  'SQLite format 3\0',
  '\x10\0\x02\x02',
  '\0',
  '\0\0\0\0\0\0\0\0',
  'CREATE TABLE lease',
  'CREATE VIEW lease AS SELECT 1',
  'TEXT',
  'REAL',
  'INTEGER',
  'BLOB',
  '192.0.2.1',
  'tcp/22',
  'NULL',
  '\x7f\xf0\0\0\0\0\0\0',
);

/** sqlite.org/fileformat.html: both byte orders of the log, its version, and a journal's beginning. */
const LOG_TOKENS = ['377f0682', '377f0683', '002de218', '00001000', 'd9d505f920a163d7', '00000000'].map(
  (digits) => Uint8Array.from(Buffer.from(digits, 'hex')),
);

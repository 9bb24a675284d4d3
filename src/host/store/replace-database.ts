import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { MAX_LEASES } from '../../core/lease/lease.ts';
import type { Instant } from '../../core/net/time.ts';
import { readLeaseRow } from './lease-rows.ts';
import type { StoredLease } from './lease-store.ts';
import { isLockedError, withStoreError } from './sqlite-error.ts';
import { openSqliteLeaseStore } from './sqlite-lease-store.ts';

/** A database, and the files that SQLite creates beside it. */
const FILES = ['', '-wal', '-shm', '-journal'] as const;

/** The form of ids made by this program. They become file names. */
const LEASE_ID = /^[\w-]{1,64}$/;

export type ReplacedDatabase = {
  /** The damaged database's new name. */
  readonly aside: string;
  /** Rows that make no sense, or `all` if the leases could not be read completely. */
  readonly unread: number | 'all';
};

/**
 * Moves the damaged database at `path` aside, and puts a new one in its place, with what `keep` makes of its readable
 * leases. Throws a `StoreError`; then everything is unchanged. After a crash midway, `finishReplacing` completes it.
 */
export function replaceDatabase(
  path: string,
  wall: Instant,
  keep: (lease: StoredLease) => StoredLease | undefined,
): ReplacedDatabase {
  return withStoreError(`begin ${path} anew`, () => {
    refuseLocked(path);
    const { leases, unread } = readDamaged(path);
    const kept = leases.map(keep).filter((lease) => lease !== undefined);
    remove(fresh(path));
    const store = openSqliteLeaseStore(fresh(path));
    try {
      store.together(() => {
        for (const lease of kept) store.record(lease);
      });
    } finally {
      store.close();
    }
    const aside = asideName(path, wall);
    moveAll(path, aside);
    renameSync(fresh(path), path);
    syncDirectory(path);
    return { aside, unread };
  });
}

/** Completes a replacement after a crash, at whichever step it occurred. */
export function finishReplacing(path: string, wall: Instant): void {
  withStoreError(`begin ${path} anew`, () => {
    if (!existsSync(fresh(path))) return;
    if (existsSync(path)) {
      remove(fresh(path));
      return;
    }
    moveAll(path, asideName(path, wall));
    renameSync(fresh(path), path);
    syncDirectory(path);
  });
}

const fresh = (path: string): string => `${path}-new`;

/** A living daemon's database must not be moved. It is locked, whatever it contains. */
function refuseLocked(path: string): void {
  if (!existsSync(path) || statSync(path).size === 0) return;
  try {
    withStoreError(`look into ${path}`, () => {
      const database = new DatabaseSync(path, { readOnly: true, timeout: 500 });
      try {
        database.prepare('SELECT count(*) FROM sqlite_schema').get();
      } finally {
        database.close();
      }
    });
  } catch (error) {
    if (isLockedError(error)) throw error;
  }
}

type Reading = { readonly leases: readonly StoredLease[]; readonly unread: number | 'all' };

/** Reads a copy: SQLite writes to what it opens, and the damaged files must stay unchanged. */
function readDamaged(path: string): Reading {
  const copy = `${path}-copy`;
  remove(copy);
  try {
    // Only the log belongs to it; the other files are rebuilt.
    for (const end of ['', '-wal']) if (existsSync(path + end)) copyFileSync(path + end, copy + end);
    return readCopy(copy);
  } finally {
    remove(copy);
  }
}

function readCopy(path: string): Reading {
  if (!existsSync(path) || statSync(path).size === 0) return { leases: [], unread: 'all' };
  const found = new Map<string, StoredLease>();
  let unread = 0;
  let isWhole = false;
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path);
    database.exec('PRAGMA locking_mode = EXCLUSIVE');
    // From either end up to the damage.
    for (const order of ['ASC', 'DESC']) {
      if (isWhole) break;
      isWhole = readTable(database, order, (lease) => {
        if (lease === undefined) unread++;
        else found.set(lease.id, lease);
      });
    }
  } catch {
    // It is not a database.
  } finally {
    close(database);
  }
  return { leases: [...found.values()], unread: isWhole ? unread : 'all' };
}

/** Returns whether it reached the end. */
function readTable(
  database: DatabaseSync,
  order: string,
  take: (lease: StoredLease | undefined) => void,
): boolean {
  try {
    const rows = database.prepare(`SELECT * FROM lease ORDER BY rowid ${order} LIMIT ${MAX_LEASES}`);
    for (const row of rows.iterate()) take(leaseOf(row));
    return true;
  } catch {
    return false;
  }
}

function leaseOf(row: Readonly<Record<string, unknown>>): StoredLease | undefined {
  try {
    const lease = readLeaseRow(row);
    return LEASE_ID.test(lease.id) && Number.isFinite(lease.since) ? lease : undefined;
  } catch {
    return undefined;
  }
}

function close(database: DatabaseSync | undefined): void {
  try {
    database?.close();
  } catch {
    // It was a copy.
  }
}

/** With a number, if the name of this second is taken. */
function asideName(path: string, wall: Instant): string {
  const moment = new Date(wall)
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '-');
  const name = `${path}.damaged-${moment}`;
  for (let n = 1; ; n++) {
    const free = n === 1 ? name : `${name}-${n}`;
    if (FILES.every((end) => !existsSync(free + end))) return free;
  }
}

/** The database is moved first: once it is gone, `finishReplacing` knows that the new one is complete. */
function moveAll(path: string, aside: string): void {
  for (const end of FILES) if (existsSync(path + end)) renameSync(path + end, aside + end);
}

function remove(path: string): void {
  for (const end of FILES) rmSync(path + end, { force: true });
}

function syncDirectory(path: string): void {
  const fd = openSync(dirname(path), 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

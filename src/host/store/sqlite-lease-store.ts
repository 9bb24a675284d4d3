import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { LeaseId } from '../../core/lease/lease.ts';
import { parseAddress } from '../../core/net/address.ts';
import { instant, millis } from '../../core/net/time.ts';
import { type LeaseStore, type StoredLease, StoreError } from './lease-store.ts';

const SCHEMA_VERSION = 1;

const SCHEMA = `
  CREATE TABLE lease (
    id       TEXT PRIMARY KEY,
    door     TEXT NOT NULL,
    source   TEXT NOT NULL,
    stop     TEXT NOT NULL,
    due      REAL NOT NULL,
    due_wall REAL NOT NULL,
    length   REAL NOT NULL,
    boot_id  TEXT NOT NULL
  ) STRICT;
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

/**
 * The embedded database. Written ahead (WAL), and on the disk before a call returns (synchronous FULL): a power
 * failure loses no lease either.
 */
export function openSqliteLeaseStore(path: string): LeaseStore {
  return attempt(`open the state database ${path}`, () => {
    const database = new DatabaseSync(path, { timeout: 500 });
    try {
      // One process alone: another daemon on the same state would run closes twice.
      database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
      prepareSchema(database, path);
      return new SqliteLeaseStore(database, path);
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

function prepareSchema(database: DatabaseSync, path: string): void {
  database.exec('BEGIN IMMEDIATE');
  const version = database.prepare('PRAGMA user_version').get()?.user_version;
  if (version === 0) database.exec(SCHEMA);
  else if (version !== SCHEMA_VERSION) {
    throw new Error(
      `it has layout ${version}, this program knows ${SCHEMA_VERSION}: it was written by another version of Bussa; ` +
        `run that one, or move ${path} away (open doors in it would not be closed)`,
    );
  }
  database.exec('COMMIT');
}

class SqliteLeaseStore implements LeaseStore {
  readonly #database: DatabaseSync;
  readonly #path: string;
  readonly #insert: StatementSync;
  readonly #update: StatementSync;
  readonly #delete: StatementSync;
  readonly #select: StatementSync;

  constructor(database: DatabaseSync, path: string) {
    this.#database = database;
    this.#path = path;
    this.#insert = database.prepare(
      'INSERT INTO lease (id, door, source, stop, due, due_wall, length, boot_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    );
    this.#update = database.prepare(
      'UPDATE lease SET due = ?, due_wall = ?, length = ?, boot_id = ? WHERE id = ?',
    );
    this.#delete = database.prepare('DELETE FROM lease WHERE id = ?');
    this.#select = database.prepare('SELECT * FROM lease ORDER BY due_wall');
  }

  record(lease: StoredLease): void {
    const { id, door, source, stop, due, dueWall, length, bootId } = lease;
    attempt(`record a lease in ${this.#path}`, () =>
      this.#insert.run(id, door, source, stop, due, dueWall, length, bootId),
    );
  }

  update({ id, due, dueWall, length, bootId }: StoredLease): void {
    attempt(`change a lease in ${this.#path}`, () => this.#update.run(due, dueWall, length, bootId, id));
  }

  remove(id: LeaseId): void {
    attempt(`remove a lease from ${this.#path}`, () => this.#delete.run(id));
  }

  all(): StoredLease[] {
    return attempt(`read the leases in ${this.#path}`, () => this.#select.all().map(readRow));
  }

  close(): void {
    this.#database.close();
  }
}

function readRow(row: Record<string, unknown>): StoredLease {
  const source = parseAddress(String(row.source));
  if (source === undefined) throw new Error(`a row's source is not an address: ${String(row.source)}`);
  return {
    id: String(row.id) as LeaseId,
    door: String(row.door),
    source,
    stop: String(row.stop),
    due: instant(Number(row.due)),
    dueWall: instant(Number(row.due_wall)),
    length: millis(Number(row.length)),
    bootId: String(row.boot_id),
  };
}

function attempt<T>(what: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw new StoreError(`cannot ${what}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

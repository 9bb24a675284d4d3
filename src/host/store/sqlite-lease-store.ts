import { statSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { parsePortOpening, renderPortOpening } from '../../core/door/port-opening.ts';
import type { LeaseId, LeasePorts } from '../../core/lease/lease.ts';
import { parseAddress } from '../../core/net/address.ts';
import { instant, millis } from '../../core/net/time.ts';
import { type LeaseStore, type StoredLease, StoreError } from './lease-store.ts';

const SCHEMA_VERSION = 2;

const SQLITE = {
  busy: 5,
  readOnly: 8,
  io: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notADatabase: 26,
} as const;

const PAGE_BYTES = 4096;

const DAMAGED =
  '; it is damaged or no database of Bussa: move it away, and close by hand the doors that it held open';

const REMEDIES: ReadonlyMap<number, string> = new Map([
  [SQLITE.corrupt, DAMAGED],
  [SQLITE.notADatabase, DAMAGED],
  [SQLITE.full, '; make room on its disk'],
  [SQLITE.io, '; its disk must be sound and writable'],
  [SQLITE.readOnly, '; its disk, or the file, must be writable'],
  [SQLITE.cannotOpen, '; its directory must be there and writable'],
  [SQLITE.busy, '; another process has it open: stop that one'],
]);

/** The second layout: doors that open in the firewall. */
const NATIVE_COLUMNS = [
  "ports      TEXT NOT NULL DEFAULT ''",
  'single_use INTEGER NOT NULL DEFAULT 0 CHECK (single_use IN (0, 1))',
];

const FROM_FIRST_LAYOUT = `${NATIVE_COLUMNS.map((column) => `ALTER TABLE lease ADD COLUMN ${column};`).join(' ')}
  PRAGMA user_version = ${SCHEMA_VERSION};`;

const SCHEMA = `
  CREATE TABLE lease (
    id       TEXT PRIMARY KEY,
    door     TEXT NOT NULL,
    source   TEXT NOT NULL,
    stop     TEXT NOT NULL,
    due      REAL NOT NULL,
    due_wall REAL NOT NULL,
    length   REAL NOT NULL,
    boot_id  TEXT NOT NULL,
    ${NATIVE_COLUMNS.join(',\n    ')}
  ) STRICT;
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

/**
 * The embedded database. Written ahead (WAL), and on the disk before a call returns (synchronous FULL): a power
 * failure loses no lease either.
 */
export function openSqliteLeaseStore(path: string): LeaseStore {
  return attempt(`open the state database ${path}`, () => {
    refuseCutOff(path);
    const database = new DatabaseSync(path, { timeout: 500 });
    try {
      // One process alone: another daemon on the same state would run closes twice.
      database.exec(`PRAGMA page_size = ${PAGE_BYTES}; PRAGMA locking_mode = EXCLUSIVE;`);
      database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
      prepareSchema(database, path);
      return new SqliteLeaseStore(database, path);
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

/**
 * SQLite fills up a page that has been cut off with zeros, and begins a file anew that is shorter than one. Its own
 * crashes leave such a file only beside a log that has the page.
 */
function refuseCutOff(path: string): void {
  const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  const size = sizeOf(path);
  if (size % PAGE_BYTES !== 0 && sizeOf(`${path}-wal`) === 0) {
    throw new Error(`it ends inside a page, at byte ${size}${DAMAGED}`);
  }
}

function prepareSchema(database: DatabaseSync, path: string): void {
  database.exec('BEGIN IMMEDIATE');
  const version = database.prepare('PRAGMA user_version').get()?.user_version;
  if (version === 0) database.exec(SCHEMA);
  else if (version === 1) database.exec(FROM_FIRST_LAYOUT);
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
      'INSERT INTO lease (id, door, source, stop, due, due_wall, length, boot_id, ports, single_use) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    );
    this.#update = database.prepare(
      'UPDATE lease SET due = ?, due_wall = ?, length = ?, boot_id = ? WHERE id = ?',
    );
    this.#delete = database.prepare('DELETE FROM lease WHERE id = ?');
    this.#select = database.prepare('SELECT * FROM lease ORDER BY due_wall');
  }

  record(lease: StoredLease): void {
    const { id, door, source, stop, due, dueWall, length, bootId, opened } = lease;
    const ports = opened?.ports.map(renderPortOpening).join(', ') ?? '';
    const singleUse = opened?.singleUse === true ? 1 : 0;
    attempt(`record a lease in ${this.#path}`, () =>
      this.#insert.run(id, door, source, stop, due, dueWall, length, bootId, ports, singleUse),
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
    ...readPorts(String(row.ports), row.single_use === 1),
  };
}

function readPorts(text: string, singleUse: boolean): Pick<StoredLease, 'opened'> {
  if (text === '') return {};
  const ports = text.split(', ').map((one) => {
    const port = parsePortOpening(one);
    if (port === undefined) throw new Error(`a row's ports cannot be read: ${text}`);
    return port;
  });
  return { opened: { ports: ports as unknown as LeasePorts['ports'], singleUse } };
}

function attempt<T>(what: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StoreError(`cannot ${what}: ${reason}${remedy(error)}`, { cause: error });
  }
}

/** Whether another process has the database. */
export function isLockedError(error: unknown): boolean {
  return error instanceof StoreError && errorCode(error.cause) === SQLITE.busy;
}

function remedy(error: unknown): string {
  return REMEDIES.get(errorCode(error)) ?? '';
}

/** sqlite.org/rescode.html: the low byte is the primary code. */
function errorCode(error: unknown): number {
  return error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0;
}

import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { UsedCode } from '../../core/code/used-codes.ts';
import type { LeaseId } from '../../core/lease/lease.ts';
import type { LeaseEnding, PastLease } from '../../core/lease/past-lease.ts';
import type { Instant } from '../../core/net/time.ts';
import type { UsedKnock } from '../../core/signed/used-knocks.ts';
import { FleetRows } from './fleet-rows.ts';
import { renderHolders } from './holder-text.ts';
import { LEASE_COLUMNS, leaseValues, readHistoryRow } from './lease-rows.ts';
import { prepareSchema } from './lease-schema.ts';
import {
  type FleetRow,
  type FleetRowName,
  type KnownCodes,
  type KnownUses,
  type LeaseStore,
  MAX_HISTORY,
  type PastFilter,
  type PastPiece,
  type StoredCodes,
  type StoredLease,
  type StoredUses,
} from './lease-store.ts';
import {
  makeOwn,
  PAGE_BYTES,
  readSoundRow,
  refuseDamaged,
  refuseSpecial,
  refuseTruncated,
  refuseUnknownFormat,
} from './sound-database.ts';
import { withStoreError } from './sqlite-error.ts';
import { UsedCodeRows } from './used-code-rows.ts';
import { UsedRows } from './used-rows.ts';

/** Rows read per piece of the history. */
const PIECE_ROWS = 512;

/** The log is written back to the file at this number of pages, so that a small disk can hold it. */
const LOG_PAGES = 64;

/**
 * The embedded database, in WAL mode with synchronous=FULL: data is on the disk before a call returns, so a power
 * failure loses no lease.
 */
export function openSqliteLeaseStore(path: string): LeaseStore {
  return withStoreError(`open the state database ${path}`, () => {
    refuseSpecial(path);
    refuseTruncated(path);
    refuseUnknownFormat(path);
    makeOwn(path);
    const database = new DatabaseSync(path, { timeout: 500 });
    try {
      // Exclusive: a second daemon on the same state would run stop commands twice.
      database.exec(`PRAGMA page_size = ${PAGE_BYTES}; PRAGMA locking_mode = EXCLUSIVE;`);
      database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
      refuseDamaged(database);
      prepareSchema(database, path);
      // Writes earlier runs' changes back to the file, and later ones soon.
      database.exec(`PRAGMA wal_checkpoint(TRUNCATE); PRAGMA wal_autocheckpoint = ${LOG_PAGES};`);
      return new SqliteLeaseStore(database, path);
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

class SqliteLeaseStore implements LeaseStore {
  readonly isOpen = true;
  readonly #database: DatabaseSync;
  readonly #path: string;
  readonly #insert: StatementSync;
  readonly #update: StatementSync;
  readonly #noteStart: StatementSync;
  readonly #delete: StatementSync;
  readonly #select: StatementSync;
  readonly #toHistory: StatementSync;
  readonly #forgetOldest: StatementSync;
  readonly #history: StatementSync;
  readonly #ends: StatementSync;
  readonly #past: StatementSync;
  readonly #used: UsedRows;
  readonly #codes: UsedCodeRows;
  readonly #fleet: FleetRows;
  #isTogether = false;

  constructor(database: DatabaseSync, path: string) {
    this.#database = database;
    this.#path = path;
    this.#used = new UsedRows(database);
    this.#codes = new UsedCodeRows(database);
    this.#fleet = new FleetRows(database);
    this.#insert = database.prepare(
      `INSERT INTO lease (${LEASE_COLUMNS.join(', ')}) VALUES (${LEASE_COLUMNS.map(() => '?').join(', ')})`,
    );
    this.#update = database.prepare(
      'UPDATE lease SET since = ?, due = ?, due_wall = ?, length = ?, boot_id = ?, holders = ? WHERE id = ?',
    );
    this.#noteStart = database.prepare('UPDATE lease SET start_failure = ? WHERE id = ?');
    this.#delete = database.prepare('DELETE FROM lease WHERE id = ?');
    this.#select = database.prepare('SELECT * FROM lease ORDER BY due_wall');
    this.#toHistory = database.prepare(
      `INSERT INTO history (id, door, source, ports, since_wall, at, lasted, how, by_operator, ordered_by,
         holders, start_failure, stop_failure, closed_by)
       SELECT id, door, source, ports, since_wall, ?, ?, ?, by_operator, ordered_by, holders, ?, ?, ?
       FROM lease WHERE id = ?`,
    );
    this.#forgetOldest = database.prepare(
      `DELETE FROM history WHERE n <= (SELECT max(n) FROM history) - ${MAX_HISTORY}`,
    );
    this.#history = database.prepare('SELECT * FROM history ORDER BY n DESC LIMIT ?');
    // Each is one look-up. min and max in one SELECT would read the whole table.
    this.#ends = database.prepare(
      'SELECT (SELECT min(n) FROM history) AS first, (SELECT max(n) FROM history) AS last',
    );
    this.#past = database.prepare(
      `SELECT * FROM history WHERE n > ?1 AND n <= ?2 AND (?3 IS NULL OR door = ?3) AND (?4 IS NULL OR source = ?4)
       AND (?5 IS NULL OR at >= ?5) AND (?6 IS NULL OR since_wall <= ?6)
       AND (?7 IS NULL OR instr(char(10) || holders, char(10) || ?7 || ' ') > 0) ORDER BY n DESC`,
    );
  }

  reopen(): void {}

  record(lease: StoredLease): void {
    withStoreError(`record a lease in ${this.#path}`, () => this.#insert.run(...leaseValues(lease)));
  }

  update(lease: StoredLease): void {
    const { id, since, due, dueWall, length, bootId } = lease;
    withStoreError(`change a lease in ${this.#path}`, () =>
      this.#update.run(since, due, dueWall, length, bootId, renderHolders(lease), id),
    );
  }

  noteStart(id: LeaseId, startFailure = ''): void {
    withStoreError(`change a lease in ${this.#path}`, () => this.#noteStart.run(startFailure, id));
  }

  end(
    id: LeaseId,
    { how, at, lasted, startFailure = '', stopFailure = '', closedBy = '' }: LeaseEnding,
  ): void {
    withStoreError(`end a lease in ${this.#path}`, () =>
      this.together(() => {
        this.#toHistory.run(at, lasted, how, startFailure, stopFailure, closedBy, id);
        this.#delete.run(id);
        this.#forgetOldest.run();
      }),
    );
  }

  remove(id: LeaseId): void {
    withStoreError(`remove a lease from ${this.#path}`, () => this.#delete.run(id));
  }

  all(): StoredLease[] {
    return withStoreError(`read the leases in ${this.#path}`, () => this.#select.all().map(readSoundRow));
  }

  history(limit: number): PastLease[] {
    return withStoreError(`read the history in ${this.#path}`, () =>
      this.#history.all(limit).map(readHistoryRow),
    );
  }

  past({ door, source, user, since, until }: PastFilter, from?: number): PastPiece {
    return withStoreError(`read the history in ${this.#path}`, () => {
      const { first, last } = this.#ends.get() ?? {};
      const newest = Math.min(from ?? Number.POSITIVE_INFINITY, Number(last ?? 0));
      const oldest = newest - PIECE_ROWS;
      const choice = [door, source, since, until, user].map((value) => value ?? null);
      const leases = this.#past.all(oldest, newest, ...choice).map(readHistoryRow);
      return oldest < Number(first ?? 0) ? { leases } : { leases, next: oldest };
    });
  }

  uses(): StoredUses {
    return withStoreError(`read the used knocks in ${this.#path}`, () => this.#used.read());
  }

  recordUses(run: string, fresh: readonly UsedKnock[], known: KnownUses, now: Instant): void {
    withStoreError(`record used knocks in ${this.#path}`, () =>
      this.together(() => this.#used.record(run, fresh, known, now)),
    );
  }

  endUses(run: string, now: Instant): void {
    withStoreError(`record used knocks in ${this.#path}`, () => this.#used.end(run, now));
  }

  codes(): StoredCodes {
    return withStoreError(`read the used codes in ${this.#path}`, () => this.#codes.read());
  }

  recordCodes(run: string, fresh: readonly UsedCode[], known: KnownCodes): void {
    withStoreError(`record used codes in ${this.#path}`, () =>
      this.together(() => this.#codes.record(run, fresh, known)),
    );
  }

  forgiveCodes(user: string): void {
    withStoreError(`forget used codes in ${this.#path}`, () => this.#codes.forgive(user));
  }

  endCodes(run: string): void {
    withStoreError(`record used codes in ${this.#path}`, () => this.#codes.end(run));
  }

  fleet(): readonly FleetRow[] {
    return withStoreError(`read the fleet in ${this.#path}`, () => this.#fleet.read());
  }

  recordFleet(put: readonly FleetRow[], drop: readonly FleetRowName[]): void {
    withStoreError(`record the fleet in ${this.#path}`, () =>
      this.together(() => this.#fleet.record(put, drop)),
    );
  }

  together(changes: () => void): void {
    if (this.#isTogether) {
      changes();
      return;
    }
    this.#isTogether = true;
    try {
      withStoreError(`write to ${this.#path}`, () => {
        this.#database.exec('BEGIN IMMEDIATE');
        changes();
        this.#database.exec('COMMIT');
      });
    } catch (error) {
      this.#rollBack();
      throw error;
    } finally {
      this.#isTogether = false;
    }
  }

  close(): void {
    this.#database.close();
  }

  /** SQLite rolls back by itself after some errors, such as a full disk. */
  #rollBack(): void {
    if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
  }
}

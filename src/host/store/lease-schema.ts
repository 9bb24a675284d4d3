import type { DatabaseSync } from 'node:sqlite';
import { DamageError } from './sqlite-error.ts';

const SCHEMA_VERSION = 11;

/** No layout will have a higher number: above it, the file is damaged. */
const LAST_VERSION = 999;

const flag = (name: string): string => `${name} INTEGER NOT NULL DEFAULT 0 CHECK (${name} IN (0, 1))`;

/** Layout 2: doors that open in the firewall. */
const NATIVE_COLUMNS = ["ports TEXT NOT NULL DEFAULT ''", flag('single_use')];

/** Layout 3: when a lease began, what ends it besides its time, and the history. */
const NARROWED_COLUMNS = [
  'since REAL NOT NULL DEFAULT 0',
  'since_wall REAL NOT NULL DEFAULT 0',
  flag('hold'),
  flag('close_kills'),
];

/** Layout 4: whether a knock or the operator opened it. */
const BY_OPERATOR = flag('by_operator');

/** Layout 5: why commands failed; '' if they did not. */
const START_FAILURE = "start_failure TEXT NOT NULL DEFAULT ''";
const STOP_FAILURE = "stop_failure TEXT NOT NULL DEFAULT ''";

/** Layout 6: length of the IPv6 prefix that is let in; 0: only the source. */
const PREFIX = 'prefix6 INTEGER NOT NULL DEFAULT 0 CHECK (prefix6 BETWEEN 0 AND 128)';

/**
 * Layout 7: signed knocks that have been used, and the time up to which others are refused. `run`: when it ended in
 * order, `ended` and the time by the wall clock. Earlier versions wrote '' then.
 */
const USED = `
  CREATE TABLE used (
    kind  TEXT NOT NULL,
    id    BLOB NOT NULL,
    time  REAL NOT NULL,
    until REAL NOT NULL,
    PRIMARY KEY (kind, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX used_until ON used (until);
  CREATE TABLE used_run (
    one   INTEGER PRIMARY KEY CHECK (one = 1),
    floor REAL NOT NULL,
    run   TEXT NOT NULL
  ) STRICT;`;

/** Layout 8: the users whose proofs hold the lease, see `renderHolders`; '' for a sequence or the operator. */
const HOLDERS = "holders TEXT NOT NULL DEFAULT ''";

/** Layout 9: the names of the operators who opened and closed it; '' for none. */
const ORDERED_BY = "ordered_by TEXT NOT NULL DEFAULT ''";
const CLOSED_BY = "closed_by TEXT NOT NULL DEFAULT ''";
/**
 * Layout 10: the last code of each user at each door, and the step up to which others may have been used. `run`: '' when it ended in
 * order.
 */
const USED_CODE = `
  CREATE TABLE used_code (
    user   TEXT NOT NULL,
    door   TEXT NOT NULL,
    step   INTEGER NOT NULL,
    source TEXT NOT NULL,
    at     REAL NOT NULL,
    PRIMARY KEY (user, door)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE used_code_run (
    one   INTEGER PRIMARY KEY CHECK (one = 1),
    floor INTEGER NOT NULL,
    run   TEXT NOT NULL
  ) STRICT;`;

/** Layout 11: what is kept of a fleet, see `FleetRow`. */
const FLEET = `
  CREATE TABLE fleet (
    kind  TEXT NOT NULL,
    name  TEXT NOT NULL,
    value TEXT NOT NULL,
    at    REAL NOT NULL,
    PRIMARY KEY (kind, name)
  ) STRICT, WITHOUT ROWID;`;

const HISTORY = `
  CREATE TABLE history (
    n          INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    door       TEXT NOT NULL,
    source     TEXT NOT NULL,
    ports      TEXT NOT NULL,
    since_wall REAL NOT NULL,
    at         REAL NOT NULL,
    lasted     REAL NOT NULL,
    how        TEXT NOT NULL
  ) STRICT;`;

const added = (columns: readonly string[]): string =>
  columns.map((column) => `ALTER TABLE lease ADD COLUMN ${column};`).join('\n');

const STEPS: Readonly<Record<number, string>> = {
  0: `
  CREATE TABLE lease (
    id       TEXT PRIMARY KEY,
    door     TEXT NOT NULL,
    source   TEXT NOT NULL,
    stop     TEXT NOT NULL,
    due      REAL NOT NULL,
    due_wall REAL NOT NULL,
    length   REAL NOT NULL,
    boot_id  TEXT NOT NULL
  ) STRICT;`,
  1: added(NATIVE_COLUMNS),
  2: `${added(NARROWED_COLUMNS)}
  UPDATE lease SET since = due - length, since_wall = due_wall - length;
  ${HISTORY}`,
  3: `ALTER TABLE lease ADD COLUMN ${BY_OPERATOR}; ALTER TABLE history ADD COLUMN ${BY_OPERATOR};`,
  4: `ALTER TABLE lease ADD COLUMN ${START_FAILURE}; ALTER TABLE history ADD COLUMN ${START_FAILURE};
  ALTER TABLE history ADD COLUMN ${STOP_FAILURE};`,
  5: added([PREFIX]),
  6: USED,
  7: `ALTER TABLE lease ADD COLUMN ${HOLDERS}; ALTER TABLE history ADD COLUMN ${HOLDERS};`,
  8: `ALTER TABLE lease ADD COLUMN ${ORDERED_BY}; ALTER TABLE history ADD COLUMN ${ORDERED_BY};
  ALTER TABLE history ADD COLUMN ${CLOSED_BY};`,
  9: USED_CODE,
  10: FLEET,
};

/** Creates the tables, or upgrades those of an earlier version, in one transaction. Throws for an unknown version. */
export function prepareSchema(database: DatabaseSync, path: string): void {
  database.exec('BEGIN IMMEDIATE');
  const version = Number(database.prepare('PRAGMA user_version').get()?.user_version);
  if (version < 0 || version > LAST_VERSION) throw new DamageError(`it says that it has layout ${version}`);
  if (version > SCHEMA_VERSION) {
    throw new Error(
      `it has layout ${version}, this program knows ${SCHEMA_VERSION}: another version of Bussa wrote it; ` +
        `run that version, or move ${path} away (then the open doors in it are not closed)`,
    );
  }
  for (let step = version; step < SCHEMA_VERSION; step++) database.exec(STEPS[step] ?? '');
  if (version !== SCHEMA_VERSION) database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
  database.exec('COMMIT');
}

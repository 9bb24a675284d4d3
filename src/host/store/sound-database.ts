import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { readLeaseRow } from './lease-rows.ts';
import type { StoredLease } from './lease-store.ts';
import { DamageError } from './sqlite-error.ts';

/** The rows contain addresses and commands. */
const FILE_MODE = 0o600;

export const PAGE_BYTES = 4096;

/** SQLite would create a world-readable file. It gives its log the mode of the file. */
export function makeOwn(path: string): void {
  try {
    closeSync(openSync(path, 'ax', FILE_MODE));
  } catch {
    // It exists already; other errors are reported by SQLite.
  }
}

/** Opening a FIFO waits for its other end, and a device may do anything. */
export function refuseSpecial(path: string): void {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined || stat.isFile() || stat.isDirectory()) return;
  throw new Error('it is a FIFO, a socket or a device, not a file: remove it');
}

/**
 * SQLite fills a truncated page with zeros, and recreates a file shorter than one page. Its own crashes leave such a
 * file only beside a log that contains the page.
 */
export function refuseTruncated(path: string): void {
  const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  const size = sizeOf(path);
  // SQLite would take it for new, and delete the log.
  if (size === 0 && sizeOf(`${path}-wal`) > 0) throw new DamageError('it is empty beside its log');
  if (size % PAGE_BYTES !== 0 && sizeOf(`${path}-wal`) === 0) {
    throw new DamageError(`it ends inside a page, at byte ${size}`);
  }
}

/**
 * sqlite.org/fileformat.html, 1.3: the write and read versions are 1 or 2. SQLite would open a file with a higher one,
 * and then refuse to write.
 */
export function refuseUnknownFormat(path: string): void {
  if (!existsSync(path)) return;
  const header = Buffer.alloc(20);
  const fd = openSync(path, 'r');
  try {
    readSync(fd, header);
  } finally {
    closeSync(fd);
  }
  const isDatabase = header.toString('latin1', 0, 16) === 'SQLite format 3\0';
  if (isDatabase && header.subarray(18).some((version) => version < 1 || version > 2))
    throw new DamageError('its header names an unknown format');
}

/** Truncated or overwritten parts may stay unnoticed, and fail only when the first lease has to end. */
export function refuseDamaged(database: DatabaseSync): void {
  const found = database.prepare('PRAGMA integrity_check(1)').get()?.integrity_check;
  if (found !== 'ok') throw new DamageError(String(found));
}

/** Throws a `DamageError` for a row that this program cannot have written. */
export function readSoundRow(row: Parameters<typeof readLeaseRow>[0]): StoredLease {
  try {
    return readLeaseRow(row);
  } catch (error) {
    throw new DamageError((error as Error).message);
  }
}

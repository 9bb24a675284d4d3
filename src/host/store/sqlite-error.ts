import { StoreError } from './lease-store.ts';

/** sqlite.org/rescode.html: primary result codes. */
const SQLITE = {
  error: 1,
  busy: 5,
  readOnly: 8,
  io: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  mismatch: 20,
  notADatabase: 26,
} as const;

/** `error`: a statement fails because the tables are not this program's. */
const DAMAGES: ReadonlySet<number> = new Set([
  SQLITE.error,
  SQLITE.corrupt,
  SQLITE.mismatch,
  SQLITE.notADatabase,
]);

const REMEDIES: ReadonlyMap<number, string> = new Map([
  [SQLITE.full, '; make room on its disk'],
  [SQLITE.io, '; its disk must be sound and writable'],
  [SQLITE.readOnly, '; its disk, or the file, must be writable'],
  [SQLITE.cannotOpen, '; its directory must be there and writable'],
  [SQLITE.busy, '; another process has it open: stop that one'],
]);

/** The database does not contain what was written to it. */
export class DamageError extends Error {
  override readonly name = 'DamageError';
}

/** Another process holds the database's directory. */
export class HeldError extends Error {
  override readonly name = 'HeldError';
}

/** Runs the action. An error of SQLite becomes a `StoreError` that says what could not be done. */
export function withStoreError<T>(what: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof StoreError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    const remedy = isDamage(error)
      ? '; it is damaged, or not a database of Bussa'
      : REMEDIES.get(codeOf(error));
    throw new StoreError(`cannot ${what}: ${reason}${remedy ?? ''}`, { cause: error });
  }
}

/** Whether another process holds the database, or its directory. */
export function isLockedError(error: unknown): boolean {
  if (!(error instanceof StoreError)) return false;
  return error.cause instanceof HeldError || codeOf(error.cause) === SQLITE.busy;
}

/** Whether the database itself is at fault, not its disk, path or owner. */
export function isDamagedError(error: unknown): boolean {
  return error instanceof StoreError && isDamage(error.cause);
}

function isDamage(error: unknown): boolean {
  return error instanceof DamageError || DAMAGES.has(codeOf(error));
}

/** The low byte is the primary code. */
function codeOf(error: unknown): number {
  return error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0;
}

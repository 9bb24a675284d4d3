import { StoreError } from './lease-store.ts';

/** sqlite.org/rescode.html: primary result codes. */
const SQLITE = {
  busy: 5,
  readOnly: 8,
  io: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notADatabase: 26,
} as const;

export const DAMAGED =
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

/** Runs the action; what SQLite has against it becomes a `StoreError` that says what could not be done. */
export function withStoreError<T>(what: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof StoreError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new StoreError(`cannot ${what}: ${reason}${REMEDIES.get(codeOf(error)) ?? ''}`, { cause: error });
  }
}

/** Whether another process has the database. */
export function isLockedError(error: unknown): boolean {
  return error instanceof StoreError && codeOf(error.cause) === SQLITE.busy;
}

/** The low byte is the primary code. */
function codeOf(error: unknown): number {
  return error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0;
}

import { statSync } from 'node:fs';
import type { UsedCode } from '../../core/code/used-codes.ts';
import type { LeaseId } from '../../core/lease/lease.ts';
import type { LeaseEnding, PastLease } from '../../core/lease/past-lease.ts';
import type { Instant } from '../../core/net/time.ts';
import type { UsedKnock } from '../../core/signed/used-knocks.ts';
import {
  type FleetRow,
  type FleetRowName,
  type KnownCodes,
  type KnownUses,
  type LeaseStore,
  type PastFilter,
  type PastPiece,
  type StoredCodes,
  type StoredLease,
  type StoredUses,
  StoreError,
} from './lease-store.ts';
import { isDamagedError } from './sqlite-error.ts';

/** `wasOpen`: this process had it open before, and knows all leases itself. Throws a `StoreError`. */
export type OpenStore = (wasOpen: boolean) => LeaseStore;

/** The files that SQLite writes to. If another file replaces one of them, the writes are lost. */
const FILES = ['', '-wal'] as const;

/**
 * The database at `path`. If it cannot be opened, is damaged, removed or replaced, the store counts as not open, and
 * `reopen` retries. Until then calls throw a `StoreError` that says why.
 */
export class RecoveringLeaseStore implements LeaseStore {
  readonly #path: string;
  readonly #open: OpenStore;
  readonly #onLate: () => void;
  readonly #onClose: () => void;
  #inner: LeaseStore | undefined;
  #why = 'it has not been opened yet';
  #wasOpen = false;
  #isClosed = false;
  #isWriting = false;
  #files: readonly (string | undefined)[] = [];

  /** `onLate`: called when `reopen`, not `open`, has opened it for the first time. */
  constructor(
    path: string,
    open: OpenStore,
    onLate: () => void = () => undefined,
    onClose: () => void = () => undefined,
  ) {
    this.#path = path;
    this.#open = open;
    this.#onLate = onLate;
    this.#onClose = onClose;
  }

  /** The first attempt. Throws a `StoreError`; `reopen` may still succeed later. */
  open(): void {
    try {
      this.#inner = this.#open(this.#wasOpen);
    } catch (error) {
      this.#why = (error as Error).message;
      throw error;
    }
    this.#files = filesAt(this.#path);
    this.#wasOpen = true;
  }

  get isOpen(): boolean {
    return this.#inner !== undefined;
  }

  reopen(): void {
    if (this.isOpen || this.#isClosed) return;
    const isLate = !this.#wasOpen;
    this.open();
    if (isLate) this.#onLate();
  }

  record(lease: StoredLease): void {
    this.#write((store) => store.record(lease));
  }

  update(lease: StoredLease): void {
    this.#write((store) => store.update(lease));
  }

  noteStart(id: LeaseId, startFailure: string | undefined): void {
    this.#write((store) => store.noteStart(id, startFailure));
  }

  end(id: LeaseId, ending: LeaseEnding): void {
    this.#write((store) => store.end(id, ending));
  }

  remove(id: LeaseId): void {
    this.#write((store) => store.remove(id));
  }

  together(changes: () => void): void {
    this.#write((store) => store.together(changes));
  }

  all(): StoredLease[] {
    return this.isOpen ? this.#ask((store) => store.all()) : [];
  }

  history(limit: number): PastLease[] {
    return this.#ask((store) => store.history(limit));
  }

  past(choice: PastFilter, from?: number): PastPiece {
    return this.#ask((store) => store.past(choice, from));
  }

  uses(): StoredUses {
    return this.#ask((store) => store.uses());
  }

  recordUses(run: string, fresh: readonly UsedKnock[], known: KnownUses, now: Instant): void {
    this.#write((store) => store.recordUses(run, fresh, known, now));
  }

  endUses(run: string, now: Instant): void {
    this.#write((store) => store.endUses(run, now));
  }

  codes(): StoredCodes {
    return this.#ask((store) => store.codes());
  }

  recordCodes(run: string, fresh: readonly UsedCode[], known: KnownCodes): void {
    this.#write((store) => store.recordCodes(run, fresh, known));
  }

  forgiveCodes(user: string): void {
    this.#write((store) => store.forgiveCodes(user));
  }

  endCodes(run: string): void {
    this.#write((store) => store.endCodes(run));
  }

  fleet(): readonly FleetRow[] {
    return this.#ask((store) => store.fleet());
  }

  recordFleet(put: readonly FleetRow[], drop: readonly FleetRowName[]): void {
    this.#write((store) => store.recordFleet(put, drop));
  }

  close(): void {
    this.#isClosed = true;
    this.#why = 'it has been closed';
    this.#lose(this.#why);
    this.#onClose();
  }

  #write(action: (store: LeaseStore) => void): void {
    // A group of writes is judged as a whole: the store must not close midway.
    if (this.#isWriting && this.#inner !== undefined) {
      action(this.#inner);
      return;
    }
    this.#assertInPlace();
    this.#isWriting = true;
    try {
      this.#ask(action);
    } finally {
      this.#isWriting = false;
    }
  }

  #ask<T>(action: (store: LeaseStore) => T): T {
    if (this.#inner === undefined) throw new StoreError(this.#why);
    try {
      return action(this.#inner);
    } catch (error) {
      if (isDamagedError(error)) this.#lose((error as Error).message);
      throw error;
    }
  }

  /** SQLite would keep writing to files that have been deleted. */
  #assertInPlace(): void {
    if (this.#inner === undefined) return;
    const now = filesAt(this.#path);
    if (now.every((file, at) => file === this.#files[at])) return;
    this.#lose(`cannot write to ${this.#path}: it, or its -wal, has been removed or replaced`);
  }

  /** Writes the log's content back to the original file, if possible. */
  #lose(why: string): void {
    const lost = this.#inner;
    this.#inner = undefined;
    this.#why = why;
    try {
      lost?.close();
    } catch {
      // It is no longer usable. `reopen` reports what is left of it.
    }
  }
}

/** Identifies the files; `undefined`: a file does not exist. */
function filesAt(path: string): readonly (string | undefined)[] {
  return FILES.map((end) => fileAt(path + end));
}

function fileAt(path: string): string | undefined {
  try {
    const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
    return stat === undefined ? undefined : `${stat.dev}:${stat.ino}`;
  } catch {
    return undefined;
  }
}

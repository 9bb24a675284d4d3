import type { Event } from '../../../core/event/event.ts';
import type { Lease, LeaseId } from '../../../core/lease/lease.ts';
import type { Entry } from '../../../core/lease/lease-table.ts';
import type { LeaseEnding } from '../../../core/lease/past-lease.ts';
import { type Millis, millis, since } from '../../../core/net/time.ts';
import type { Clock } from '../../../host/clock/clock.ts';
import { type LeaseStore, StoreError } from '../../../host/store/lease-store.ts';
import { BackoffRetry } from './backoff-retry.ts';
import { isRecorded, whyNotOpen } from './is-recorded.ts';
import { storedLease } from './lease-record.ts';
import { SyncPace } from './sync-pace.ts';
import { type End, UnwrittenLeases } from './unwritten-leases.ts';

export type LeaseJournalParts = {
  readonly store: LeaseStore;
  readonly clock: Clock;
  readonly report: (event: Event) => void;
  /** All present leases. A new store knows none of them. */
  readonly entries: () => Iterable<Entry>;
};

type Change = {
  readonly write: () => void;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
};

/**
 * Writes lease changes in the order of the calls. All requests of one event loop turn share one disk sync, in a crowd
 * those of 10 ms. What the store cannot write is kept and retried, unless the door must stay closed without a record.
 * BOUNDED: by a few changes per lease.
 */
export class LeaseJournal {
  readonly #parts: LeaseJournalParts;
  #waiting: Change[] = [];
  readonly #pace = new SyncPace(() => this.flush());
  readonly #unwritten = new UnwrittenLeases();
  readonly #retry = new BackoffRetry(() => this.#recover());
  #canWrite = true;
  /** The last failure already reported. */
  #told: string | undefined;

  constructor(parts: LeaseJournalParts) {
    this.#parts = parts;
    if (parts.store.isOpen) return;
    this.#told = whyNotOpen(parts.store);
    this.#retry.later();
  }

  /** Whether the store is open, and its last write succeeded. */
  get canRecord(): boolean {
    return this.#parts.store.isOpen && this.#canWrite;
  }

  isUnwritten(id: LeaseId): boolean {
    return this.#unwritten.has(id);
  }

  /**
   * Resolves when durable, or to why it cannot be recorded. `length`: how long the lease was opened for. `canWait`: the
   * lease may be open without a record; a failed write is repeated later.
   */
  async record(lease: Lease, length: Millis, canWait = false): Promise<string | undefined> {
    const { store, clock, report } = this.#parts;
    const stored = storedLease(lease, length, clock);
    try {
      await this.#put(() => store.record(stored));
      return undefined;
    } catch (error) {
      if (!canWait) return `its closing cannot be recorded: ${(error as Error).message}`;
      this.#keepForLater(() => this.#unwritten.add(stored));
      const text =
        `${lease.source}: ${lease.door}: opens without a record, because the kernel closes it by itself; it is recorded ` +
        `as soon as possible: ${(error as Error).message}`;
      report({ kind: 'warning', text });
      return undefined;
    }
  }

  /** The end has changed. A failure is logged; the door is not delayed. */
  keep(lease: Lease, length: Millis): void {
    const stored = storedLease(lease, length, this.#parts.clock);
    if (this.#unwritten.has(lease.id)) this.#unwritten.add(stored);
    else this.#change(() => this.#parts.store.update(stored), lease, length);
  }

  /** Records how its start command ended. */
  keepStart(lease: Lease): void {
    const { id, startFailure } = lease;
    const length = this.#lengthOf(lease);
    if (this.#unwritten.has(id)) this.#unwritten.add(storedLease(lease, length, this.#parts.clock));
    else this.#change(() => this.#parts.store.noteStart(id, startFailure), lease, length);
  }

  /**
   * Resolves when the lease is in the history, or is known not to be yet. It is then kept and written when possible.
   * `whenWritten`: called when it is in the history.
   */
  async end(lease: Lease, ending: LeaseEnding, whenWritten: () => void): Promise<void> {
    const { store, clock } = this.#parts;
    const later = (): void =>
      this.#unwritten.add(storedLease(lease, millis(0), clock), { ending, whenWritten } satisfies End);
    if (this.#unwritten.has(lease.id)) {
      later();
      return;
    }
    try {
      await this.#put(() => store.end(lease.id, ending));
      this.#unwritten.delete(lease.id);
      whenWritten();
    } catch (error) {
      this.#keepForLater(later);
      this.#reportOnce(error);
    }
  }

  /**
   * Resolves when durable; rejects if the store refuses. The write shares a transaction with the next one, such as a
   * lease that results from it, or runs alone a moment later.
   */
  alongside(write: () => void): Promise<void> {
    this.#pace.alongside();
    return new Promise((resolve, reject) => this.#waiting.push({ write, resolve, reject }));
  }

  /** Writes everything pending, now. */
  flush(): void {
    this.#pace.clear();
    const changes = this.#waiting;
    this.#waiting = [];
    if (changes.length === 0) return;
    const isWritten = this.#writeAll(changes);
    this.#pace.synced();
    if (isWritten) return;
    // A lost store is reopened at once, if possible.
    const isRecovered = !this.#parts.store.isOpen && this.#recover();
    if (isRecovered && this.#writeAll(changes)) return;
    if (!this.#parts.store.isOpen) this.#retry.later();
    // One failing write must not fail the whole batch.
    for (const change of changes) this.#writeAlone(change);
  }

  /** The last attempt. What cannot be written is dropped, with a log line. */
  stop(): void {
    this.flush();
    this.#retry.stop();
    if (this.#unwritten.size === 0 || this.#recover()) return;
    const text = `${this.#unwritten.size} lease(s) that are over cannot be written to the history: ${this.#told}`;
    this.#parts.report({ kind: 'error', text });
  }

  #change(write: () => void, lease: Lease, length: Millis): void {
    const { clock } = this.#parts;
    this.#put(write).then(
      () => this.#unwritten.delete(lease.id),
      (error) => {
        this.#keepForLater(() => this.#unwritten.add(storedLease(lease, length, clock)));
        this.#reportOnce(error);
      },
    );
  }

  #put(write: () => void): Promise<void> {
    this.#pace.soon();
    return new Promise((resolve, reject) => this.#waiting.push({ write, resolve, reject }));
  }

  #writeAll(changes: readonly Change[]): boolean {
    try {
      this.#parts.store.together(() => {
        for (const { write } of changes) write();
      });
    } catch {
      return false;
    }
    this.#canWrite = true;
    for (const { resolve } of changes) resolve();
    // There is space again.
    if (this.#unwritten.size > 0) this.#retry.now();
    return true;
  }

  #writeAlone({ write, resolve, reject }: Change): void {
    try {
      write();
      this.#canWrite = true;
      resolve();
    } catch (error) {
      this.#canWrite = false;
      reject(error);
    }
  }

  #keepForLater(add: () => void): void {
    add();
    this.#retry.later();
  }

  /** Opens the store if needed, and writes everything it has missed. Returns whether nothing is left. */
  #recover(): boolean {
    const { store, report } = this.#parts;
    const { size } = this.#unwritten;
    const wasOpen = store.isOpen;
    try {
      store.reopen();
      if (!wasOpen) this.#recordMissing();
      this.#unwritten.writeTo(store);
    } catch (error) {
      this.#canWrite = false;
      this.#reportOnce(error);
      return false;
    }
    this.#canWrite = true;
    this.#told = undefined;
    const dropped = this.#unwritten.drainDropped();
    const rest = dropped === 0 ? '' : `; ${dropped} leases that had ended are missing in the history`;
    if (size > 0 || !wasOpen || dropped > 0)
      report({ kind: 'warning', text: `leases can be recorded again: ${size} recorded late${rest}` });
    return true;
  }

  /** The reopened store may be another database, without these leases. */
  #recordMissing(): void {
    const { store, entries, clock } = this.#parts;
    const known = new Set(store.all().map(({ id }) => id));
    for (const { lease, state } of entries()) {
      if (known.has(lease.id) || !isRecorded(state) || this.#unwritten.has(lease.id)) continue;
      this.#unwritten.add(storedLease(lease, this.#lengthOf(lease), clock));
    }
  }

  /** The time left: no restart makes the lease longer. */
  #lengthOf({ due }: Lease): Millis {
    return millis(Math.max(0, since(this.#parts.clock.sinceBoot(), due)));
  }

  /** Reported once per reason: the write is retried often. */
  #reportOnce(error: unknown): void {
    if (!(error instanceof StoreError)) throw error;
    if (error.message === this.#told) return;
    this.#told = error.message;
    this.#parts.report({ kind: 'error', text: error.message });
  }
}

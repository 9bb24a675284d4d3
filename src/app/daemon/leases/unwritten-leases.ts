import type { LeaseId } from '../../../core/lease/lease.ts';
import type { LeaseEnding } from '../../../core/lease/past-lease.ts';
import type { LeaseStore, StoredLease } from '../../../host/store/lease-store.ts';

/** BOUNDED: leases that are over and wait for the disk, to become history. The oldest are dropped. */
export const MAX_ENDED = 4096;

/** Written at one time: so long the disk is waited for. */
const BATCH = 256;

export type End = { readonly ending: LeaseEnding; readonly whenWritten: () => void };

type Unwritten = { readonly stored: StoredLease; readonly end?: End };

/**
 * Leases whose last word the store could not take: each once, with the latest of it.
 * BOUNDED: by the leases that are open, and `MAX_ENDED`.
 */
export class UnwrittenLeases {
  readonly #open = new Map<LeaseId, Unwritten>();
  readonly #ended = new Map<LeaseId, Unwritten>();
  #dropped = 0;

  get size(): number {
    return this.#open.size + this.#ended.size;
  }

  has(id: LeaseId): boolean {
    return this.#open.has(id) || this.#ended.has(id);
  }

  /** In place of what was known of the lease. One that is over is not begun again. */
  add(stored: StoredLease, end?: End): void {
    const { id } = stored;
    if (end === undefined) {
      if (!this.#ended.has(id)) this.#open.set(id, { stored });
      return;
    }
    this.#open.delete(id);
    this.#ended.set(id, { stored, end });
    if (this.#ended.size <= MAX_ENDED) return;
    const [oldest] = this.#ended.keys();
    if (oldest !== undefined) this.#ended.delete(oldest);
    this.#dropped++;
  }

  /** Something later than what is known here has been written. */
  delete(id: LeaseId): void {
    this.#open.delete(id);
    this.#ended.delete(id);
  }

  /** Returns how many have been dropped since the last call. */
  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }

  /** Writes all of them. Throws a `StoreError`; then those not written are still here. */
  writeTo(store: LeaseStore): void {
    for (const from of [this.#ended, this.#open]) {
      while (from.size > 0) {
        const batch = [...from.values().take(BATCH)];
        store.together(() => {
          for (const one of batch) write(store, one);
        });
        for (const { stored, end } of batch) {
          from.delete(stored.id);
          end?.whenWritten();
        }
      }
    }
  }
}

/** A try before may have come to the disk without saying so: there may be a row, or none. */
function write(store: LeaseStore, { stored, end }: Unwritten): void {
  store.remove(stored.id);
  store.record(stored);
  if (end !== undefined) store.end(stored.id, end.ending);
}

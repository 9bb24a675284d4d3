import type { LeaseId } from '../../../core/lease/lease.ts';
import type { LeaseEnding } from '../../../core/lease/past-lease.ts';
import type { LeaseStore, StoredLease } from '../../../host/store/lease-store.ts';

/** BOUNDED: ended leases that wait for the disk. The oldest are dropped. */
export const MAX_ENDED = 4096;

/** Number of leases written per wait for the disk. */
const BATCH = 256;

export type End = { readonly ending: LeaseEnding; readonly whenWritten: () => void };

type Unwritten = { readonly stored: StoredLease; readonly end?: End };

/**
 * Leases whose last change the store could not write: each once, with the latest change. BOUNDED: by the open leases
 * and `MAX_ENDED`.
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

  /** Replaces what was pending for the lease. An ended lease does not start again. */
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

  /** A later change has been written. */
  delete(id: LeaseId): void {
    this.#open.delete(id);
    this.#ended.delete(id);
  }

  /** The number dropped since the last call. */
  drainDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }

  /** Writes all of them. Throws a `StoreError`; those not written remain here. */
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

/** An earlier attempt may have reached the disk without confirmation: the row may exist or not. */
function write(store: LeaseStore, { stored, end }: Unwritten): void {
  store.remove(stored.id);
  store.record(stored);
  if (end !== undefined) store.end(stored.id, end.ending);
}

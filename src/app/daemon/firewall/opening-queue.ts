import type { Lease, LeaseId } from '../../../core/lease/lease.ts';

/** BOUNDED: so many leases are opened in one transaction, about 5 ms; the next ones wait for the next. */
const MAX_BATCH = 1024;

/** A lease whose ports are to be opened. */
export type AskedOpening = { readonly lease: Lease; readonly refuse: (reason: unknown) => void };

type Batch = { readonly openings: AskedOpening[]; readonly done: Promise<void> };

/** Begins a batch, to which nothing is added any more. */
export type TakeBatch = () => readonly AskedOpening[];

/** Openings that are asked for before the first of them can begin are one batch. BOUNDED: by the leases. */
export class OpeningQueue {
  #batch: Batch | undefined;
  readonly #waiting = new Map<LeaseId, number>();

  /**
   * Resolves when the lease's batch has been opened; rejects if it has been refused, by itself or with its batch. `run`
   * takes the batch, not before the caller's own turn of the event loop is over.
   */
  async ask(lease: Lease, run: (take: TakeBatch) => Promise<void>): Promise<void> {
    const refusal = Promise.withResolvers<never>();
    refusal.promise.catch(() => undefined);
    const { done } = this.#join({ lease, refuse: refusal.reject }, run);
    this.#waiting.set(lease.id, (this.#waiting.get(lease.id) ?? 0) + 1);
    try {
      await Promise.race([refusal.promise, done]);
    } finally {
      const left = (this.#waiting.get(lease.id) ?? 1) - 1;
      if (left === 0) this.#waiting.delete(lease.id);
      else this.#waiting.set(lease.id, left);
    }
  }

  /** Whether it waits to be opened, or is being opened. */
  has(id: LeaseId): boolean {
    return this.#waiting.has(id);
  }

  /** What is asked for from now on comes later than what is asked for in between. */
  endBatch(): void {
    this.#batch = undefined;
  }

  #join(opening: AskedOpening, run: (take: TakeBatch) => Promise<void>): Batch {
    const present = this.#batch;
    if (present !== undefined) {
      present.openings.push(opening);
      if (present.openings.length === MAX_BATCH) this.#batch = undefined;
      return present;
    }
    const openings = [opening];
    const done = run(() => {
      if (this.#batch?.openings === openings) this.#batch = undefined;
      return openings;
    });
    const batch: Batch = { openings, done };
    this.#batch = batch;
    return batch;
  }
}

import type { Lease, LeaseId } from '../../../core/lease/lease.ts';

/** BOUNDED: leases opened in one transaction, about 5 ms. More leases wait for the next one. */
const MAX_BATCH = 1024;

/** A lease whose ports are to be opened. */
export type QueuedOpening = { readonly lease: Lease; readonly refuse: (reason: unknown) => void };

type Batch = { readonly openings: QueuedOpening[]; readonly done: Promise<void> };

/** Starts a batch. Nothing is added to it afterwards. */
export type StartBatch = () => readonly QueuedOpening[];

/** Collects openings that are requested before the first of them can start into one batch. BOUNDED: by the leases. */
export class OpeningQueue {
  #batch: Batch | undefined;
  readonly #waiting = new Map<LeaseId, number>();

  /**
   * Resolves when the lease's batch has been opened. Rejects if the lease or the whole batch was refused. `run` takes
   * the batch, at the earliest in the next turn of the event loop.
   */
  async ask(lease: Lease, run: (take: StartBatch) => Promise<void>): Promise<void> {
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

  /** Whether the lease waits for its opening, or is being opened. */
  has(id: LeaseId): boolean {
    return this.#waiting.has(id);
  }

  /** Later requests start a new batch, behind what was queued in between. */
  endBatch(): void {
    this.#batch = undefined;
  }

  #join(opening: QueuedOpening, run: (take: StartBatch) => Promise<void>): Batch {
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

import type { Lease, LeaseId } from '../../../core/lease/lease.ts';

/** BOUNDED: leases opened in one transaction, about 5 ms. More leases wait for the next one. */
const MAX_BATCH = 1024;

/** A lease whose ports are to be opened. */
export type QueuedOpening = { readonly lease: Lease; readonly refuse: (reason: unknown) => void };

/** Starts a batch. Nothing is added to it afterwards. */
export type StartBatch = () => readonly QueuedOpening[];

/** Collects openings that are requested before the first of them can start into one batch. BOUNDED: by the leases. */
export class OpeningQueue {
  #batch: Opening[] | undefined;
  readonly #waiting = new Map<LeaseId, number>();

  /**
   * Resolves when the lease's batch has been opened. Rejects if the lease or the whole batch was refused. `run` takes
   * the batch, at the earliest in the next turn of the event loop.
   */
  ask(lease: Lease, run: (take: StartBatch) => Promise<void>): Promise<void> {
    const { id } = lease;
    this.#waiting.set(id, (this.#waiting.get(id) ?? 0) + 1);
    return new Promise((resolve, reject) => {
      const settle = (): void => this.#leave(id);
      this.#join(new Opening(lease, { resolve, reject, settle }), run);
    });
  }

  /** Whether the lease waits for its opening, or is being opened. */
  has(id: LeaseId): boolean {
    return this.#waiting.has(id);
  }

  /** Later requests start a new batch, behind what was queued in between. */
  endBatch(): void {
    this.#batch = undefined;
  }

  #leave(id: LeaseId): void {
    const left = (this.#waiting.get(id) ?? 1) - 1;
    if (left === 0) this.#waiting.delete(id);
    else this.#waiting.set(id, left);
  }

  #join(opening: Opening, run: (take: StartBatch) => Promise<void>): void {
    const present = this.#batch;
    if (present !== undefined) {
      present.push(opening);
      if (present.length === MAX_BATCH) this.#batch = undefined;
      return;
    }
    const openings = [opening];
    const done = run(() => {
      if (this.#batch === openings) this.#batch = undefined;
      return openings;
    });
    this.#batch = openings;
    done.then(
      () => {
        for (const one of openings) one.succeed();
      },
      (reason) => {
        for (const one of openings) one.refuse(reason);
      },
    );
  }
}

type Settling = {
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
  /** Called once, before either of them. */
  readonly settle: () => void;
};

/** One promise an opening: in a crowd all of them wait at the same time. */
class Opening implements QueuedOpening {
  readonly lease: Lease;
  #settling: Settling | undefined;

  constructor(lease: Lease, settling: Settling) {
    this.lease = lease;
    this.#settling = settling;
  }

  /** Unless it was refused alone. */
  succeed(): void {
    this.#end()?.resolve();
  }

  refuse(reason: unknown): void {
    this.#end()?.reject(reason);
  }

  #end(): Settling | undefined {
    const settling = this.#settling;
    this.#settling = undefined;
    settling?.settle();
    return settling;
  }
}

import type { LeaseId } from '../../../core/lease/lease.ts';

/** Callers that wait for a lease to end. BOUNDED: by the leases. */
export class LeaseEnds {
  readonly #ends = new Map<LeaseId, PromiseWithResolvers<void>>();

  /** Resolves when the lease has ended. */
  of(id: LeaseId): Promise<void> {
    const end = this.#ends.get(id) ?? Promise.withResolvers<void>();
    this.#ends.set(id, end);
    return end.promise;
  }

  end(id: LeaseId): void {
    this.#ends.get(id)?.resolve();
    this.#ends.delete(id);
  }
}

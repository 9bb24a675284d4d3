import type { LeaseId } from '../../core/lease/lease.ts';
import { type LeaseStore, type StoredLease, StoreError } from './lease-store.ts';

/** Leases that end with the process: for a run that opens nothing, and for tests. */
export class MemoryLeaseStore implements LeaseStore {
  readonly #leases = new Map<LeaseId, StoredLease>();

  record(lease: StoredLease): void {
    if (this.#leases.has(lease.id))
      throw new StoreError(`cannot record a lease: ${lease.id} is there already`);
    this.#leases.set(lease.id, lease);
  }

  update(lease: StoredLease): void {
    if (this.#leases.has(lease.id)) this.#leases.set(lease.id, lease);
  }

  remove(id: LeaseId): void {
    this.#leases.delete(id);
  }

  all(): StoredLease[] {
    return [...this.#leases.values()];
  }

  close(): void {
    this.#leases.clear();
  }
}

import {
  type LeaseStore,
  type PastLease,
  type PastPiece,
  type StoredLease,
  StoreError,
} from './lease-store.ts';

/** In the place of a store that could not be opened: nothing can be recorded, and so nothing that closes is opened. */
export class UnavailableLeaseStore implements LeaseStore {
  readonly isAvailable = false;
  readonly #reason: string;

  constructor(reason: string) {
    this.#reason = reason;
  }

  record(): void {
    throw new StoreError(this.#reason);
  }

  update(): void {
    throw new StoreError(this.#reason);
  }

  noteStart(): void {
    throw new StoreError(this.#reason);
  }

  end(): void {
    throw new StoreError(this.#reason);
  }

  remove(): void {
    throw new StoreError(this.#reason);
  }

  all(): StoredLease[] {
    return [];
  }

  history(): PastLease[] {
    return [];
  }

  past(): PastPiece {
    return { leases: [] };
  }

  together(changes: () => void): void {
    changes();
  }

  close(): void {}
}

import type { Lease, LeaseId } from '../../core/lease/lease.ts';
import type { Instant, Millis } from '../../core/net/time.ts';

/** A lease as it is kept: its end on the machine's clock, and on the clock of day for after a reboot. */
export type StoredLease = Omit<Lease, 'state'> & {
  /** The boot that `due` counts from (random/boot_id). */
  readonly bootId: string;
  readonly dueWall: Instant;
  /** How long it was last opened for: no restart makes more of it, whatever the clock of day says. */
  readonly length: Millis;
};

/** The leases that are open, kept through the death of the daemon. Every call is durable when it returns; it throws a `StoreError` if it cannot be. */
export interface LeaseStore {
  record(lease: StoredLease): void;
  /** The end has changed. */
  update(lease: StoredLease): void;
  remove(id: LeaseId): void;
  all(): StoredLease[];
  close(): void;
}

export class StoreError extends Error {
  override readonly name = 'StoreError';
}

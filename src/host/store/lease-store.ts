import type { CodeRecord, UsedCode } from '../../core/code/used-codes.ts';
import type { Lease, LeaseId } from '../../core/lease/lease.ts';
import type { LeaseEnding, PastLease } from '../../core/lease/past-lease.ts';
import type { Address } from '../../core/net/address.ts';
import type { Instant, Millis } from '../../core/net/time.ts';
import type { UsedKnock, UseRecord } from '../../core/signed/used-knocks.ts';

/** A lease as stored: its times by the machine's clock, and by the wall clock for after a reboot. */
export type StoredLease = Omit<Lease, 'state'> & {
  /** The boot that `since` and `due` count from (random/boot_id). */
  readonly bootId: string;
  readonly sinceWall: Instant;
  readonly dueWall: Instant;
  /** How long it was last opened for: no restart makes it longer, whatever the wall clock says. */
  readonly length: Millis;
};

/**
 * Selects past leases. Moments are by the wall clock; a lease matches if it was open at some time from `since` to
 * `until`.
 */
export type PastFilter = {
  readonly door?: string;
  readonly source?: Address;
  /** A user whose proof held the lease. */
  readonly user?: string;
  readonly since?: Instant;
  readonly until?: Instant;
};

/** `next`: where to continue; undefined: this was the last piece. */
export type PastPiece = { readonly leases: readonly PastLease[]; readonly next?: number };

/** Used signed knocks, as an earlier run left them. */
export type StoredUses = UseRecord;

/** Used signed knocks as this run knows them, possibly more than the store has. */
export type KnownUses = { readonly floor: Instant; readonly each: () => Iterable<UsedKnock> };

/** Used codes. `floor`: a time step; `isWhole`: the run that wrote them ended in order, so none is missing. */
export type StoredCodes = CodeRecord & { readonly isWhole: boolean };

/** Used codes as this run knows them, possibly more than the store has. */
export type KnownCodes = { readonly floor: number; readonly each: () => Iterable<UsedCode> };

/** What is kept of a fleet; only the fleet's own code knows what it means. `at`: by the wall clock. */
export type FleetRow = FleetRowName & { readonly value: string; readonly at: Instant };
export type FleetRowName = { readonly kind: 'after' | 'seen' | 'done' | 'ban'; readonly name: string };

/** Number of past leases kept. The oldest are deleted. */
export const MAX_HISTORY = 100_000;

/**
 * Open leases, kept across the daemon's death, and past ones. Every call is durable when it returns, or when `together`
 * does. Otherwise it throws a `StoreError`, and nothing has changed. BOUNDED: by the leases, and `MAX_HISTORY` past
 * ones.
 */
export interface LeaseStore {
  /** False: it could not be opened, or has been lost. Nothing can be recorded until `reopen` succeeds. */
  readonly isOpen: boolean;
  /** Tries to open it if it is not open. Throws a `StoreError`. */
  reopen(): void;
  record(lease: StoredLease): void;
  /** Its end, and the boot that it counts from, have changed. */
  update(lease: StoredLease): void;
  /** Why its start command failed, if it did. */
  noteStart(id: LeaseId, startFailure: string | undefined): void;
  /** The lease is over, and moves to the history. */
  end(id: LeaseId, ending: LeaseEnding): void;
  /** The lease has moved to another store. */
  remove(id: LeaseId): void;
  all(): StoredLease[];
  /** The last `limit` past leases, newest first. */
  history(limit: number): PastLease[];
  /**
   * Past leases that match, in pieces of about 1 ms of work. A piece may be empty with more to come. `from`: the `next`
   * of the piece before.
   */
  past(choice: PastFilter, from?: number): PastPiece;
  uses(): StoredUses;
  /**
   * Adds `fresh` for this run, or everything in `known` if the store does not know the run yet. Deletes those that are
   * outdated at `now`.
   */
  recordUses(run: string, fresh: readonly UsedKnock[], known: KnownUses, now: Instant): void;
  /** The run ends in order: the store has everything that it used. */
  endUses(run: string, now: Instant): void;
  codes(): StoredCodes;
  /** Adds `fresh` for this run, or everything in `known` if the store does not know the run yet. */
  recordCodes(run: string, fresh: readonly UsedCode[], known: KnownCodes): void;
  /** Deletes the user's used codes. */
  forgiveCodes(user: string): void;
  /** The run ends in order: the store has everything that it used. */
  endCodes(run: string): void;
  fleet(): readonly FleetRow[];
  /** BOUNDED: by the caller, who drops what is of no use any more. */
  recordFleet(put: readonly FleetRow[], drop: readonly FleetRowName[]): void;
  /** The calls in `changes` become durable together, or none of them does. */
  together(changes: () => void): void;
  close(): void;
}

export class StoreError extends Error {
  override readonly name = 'StoreError';
}

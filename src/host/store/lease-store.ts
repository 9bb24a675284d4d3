import type { CodeRecord, UsedCode } from '../../core/code/used-codes.ts';
import type { Lease, LeaseId } from '../../core/lease/lease.ts';
import type { LeaseEnding, PastLease } from '../../core/lease/past-lease.ts';
import type { Address } from '../../core/net/address.ts';
import type { Instant, Millis } from '../../core/net/time.ts';
import type { UsedKnock } from '../../core/signed/used-knocks.ts';

/** A lease as it is kept: its times on the machine's clock, and on the wall clock for after a reboot. */
export type StoredLease = Omit<Lease, 'state'> & {
  /** The boot that `since` and `due` count from (random/boot_id). */
  readonly bootId: string;
  readonly sinceWall: Instant;
  readonly dueWall: Instant;
  /** How long it was last opened for: no restart makes more of it, whatever the wall clock says. */
  readonly length: Millis;
};

/** Which of the leases that are over. Moments are by the wall clock: what was open at some time from `since` to `until`. */
export type PastFilter = {
  readonly door?: string;
  readonly source?: Address;
  /** The name of one whose proof held it. */
  readonly user?: string;
  readonly since?: Instant;
  readonly until?: Instant;
};

/** `next`: where to go on; undefined when this is the end. */
export type PastPiece = { readonly leases: readonly PastLease[]; readonly next?: number };

/** Signed knocks that have been taken. `isWhole`: the run that wrote them has ended in order, and missed none. */
export type StoredUses = {
  readonly floor: Instant;
  readonly used: readonly UsedKnock[];
  readonly isWhole: boolean;
};

/** What a run knows of the signed knocks that have been taken: it may be more than the store does. */
export type KnownUses = { readonly floor: Instant; readonly each: () => Iterable<UsedKnock> };

/** Codes that have been used. `floor`: a step; `isWhole`: as of signed knocks. */
export type StoredCodes = CodeRecord & { readonly isWhole: boolean };

/** What a run knows of the codes that have been used: it may be more than the store does. */
export type KnownCodes = { readonly floor: number; readonly each: () => Iterable<UsedCode> };

/** Leases that are over and are remembered. The oldest are forgotten. */
export const MAX_HISTORY = 100_000;

/**
 * The leases that are open, kept through the death of the daemon, and those that have been. Every call is durable
 * when it returns, or when `together` does; it throws a `StoreError` if it cannot be, and then nothing has changed.
 * BOUNDED: by the leases, and `MAX_HISTORY` that are over.
 */
export interface LeaseStore {
  /** False: it could not be opened, or has been lost since. Nothing can be recorded until `reopen` has opened it. */
  readonly isOpen: boolean;
  /** Tries to open it where it is not open. Throws a `StoreError`. */
  reopen(): void;
  record(lease: StoredLease): void;
  /** Its end has changed, and the boot it counts from. */
  update(lease: StoredLease): void;
  /** What its start command has failed of, if it has. */
  noteStart(id: LeaseId, startFailure: string | undefined): void;
  /** It is over, and history. */
  end(id: LeaseId, ending: LeaseEnding): void;
  /** It is somewhere else now. */
  remove(id: LeaseId): void;
  all(): StoredLease[];
  /** The last `limit` that are over, the latest first. */
  history(limit: number): PastLease[];
  /**
   * The same by choice, a piece after the other, each of a millisecond of work: it may be empty, with more to come.
   * `from`: the `next` of the piece before.
   */
  past(choice: PastFilter, from?: number): PastPiece;
  uses(): StoredUses;
  /**
   * Takes them in for this run; all that is known, where the store has not known the run yet. Those whose time is over by
   * `now` are forgotten.
   */
  recordUses(run: string, fresh: readonly UsedKnock[], known: KnownUses, now: Instant): void;
  /** The run ends in order: the store knows all that it has taken. */
  endUses(run: string): void;
  codes(): StoredCodes;
  /** Takes them in for this run; all that is known, where the store has not known the run yet. */
  recordCodes(run: string, fresh: readonly UsedCode[], known: KnownCodes): void;
  /** What the user has used is forgotten. */
  forgiveCodes(user: string): void;
  /** The run ends in order: the store knows all that it has taken. */
  endCodes(run: string): void;
  /** What `changes` calls becomes durable at once, or none of it. */
  together(changes: () => void): void;
  close(): void;
}

export class StoreError extends Error {
  override readonly name = 'StoreError';
}

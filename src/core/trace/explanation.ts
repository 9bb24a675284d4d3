import type { Door } from '../door/door.ts';
import type { HolderKind } from '../door/proof-kind.ts';
import type { Address } from '../net/address.ts';
import type { Prefix } from '../net/prefix.ts';
import type { Instant } from '../net/time.ts';
import type { Said } from '../say/said.ts';
import type { EXPLANATION_KINDS } from './explanation-kinds.ts';

/** A door that is open for the source, or failed to open. */
export type OpenDoor = {
  readonly door: string;
  readonly state: 'opening' | 'open' | 'closing';
  readonly since: Instant;
  readonly until: Instant;
  readonly byOperator: boolean;
  /** Names of the users whose proofs hold it, and of members of the fleet; absent for a sequence. */
  readonly users?: string;
  /** If they are all of the same kind. */
  readonly proof?: HolderKind;
  readonly hasPorts: boolean;
  /** Why its start command failed. */
  readonly startFailure?: string;
};

/** A reason in English, and by its kind if it has one. */
export type Reason = { readonly reason?: string; readonly why?: Said };

/** The state besides the packets. */
export type TraceSituation = {
  readonly source: Address;
  readonly now: Instant;
  /** The doors watched now. */
  readonly doors: readonly Door[];
  /** Since when packets are watched. */
  readonly since: Instant;
  /** Whether sources had to be dropped, perhaps this one. */
  readonly evicted: boolean;
  readonly ban?: { readonly prefix: Prefix; readonly until?: Instant };
  /** Until when a sequence must be knocked twice in a row. */
  readonly penaltyUntil?: Instant;
  readonly open: readonly OpenDoor[];
  /** Renders a time for the reader. */
  readonly clock: (at: Instant) => string;
};

export type Explanation = {
  readonly kind: (typeof EXPLANATION_KINDS)[number];
  /** Absent if it is unclear which door was meant. */
  readonly door?: string;
  /** Without a full stop. */
  readonly sentence: string;
  /** The same by its kind; absent in answers of older daemons. */
  readonly said?: Said;
};

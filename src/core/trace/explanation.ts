import type { Door } from '../door/door.ts';
import type { UserProof } from '../door/proof-kind.ts';
import type { Address } from '../net/address.ts';
import type { Prefix } from '../net/prefix.ts';
import type { Instant } from '../net/time.ts';
import type { EXPLAINED } from './explained.ts';

/** A door that is open to the source, or was to be. */
export type OpenDoor = {
  readonly door: string;
  readonly state: 'opening' | 'open' | 'closing';
  readonly since: Instant;
  readonly until: Instant;
  readonly byOperator: boolean;
  /** Names of the users whose proofs hold it; absent of a sequence. */
  readonly users?: string;
  /** If they all have the same kind of proof. */
  readonly proof?: UserProof;
  readonly hasPorts: boolean;
  /** What its start command has failed of. */
  readonly startFailure?: string;
};

/** What is the case beside the packets. */
export type TraceSituation = {
  readonly source: Address;
  readonly now: Instant;
  /** Those that are watched now. */
  readonly doors: readonly Door[];
  /** Since when packets are watched. */
  readonly since: Instant;
  /** Whether sources had to be forgotten, this one perhaps. */
  readonly evicted: boolean;
  readonly ban?: { readonly prefix: Prefix; readonly until?: Instant };
  /** Until when a sequence has to be knocked twice in a row. */
  readonly penaltyUntil?: Instant;
  readonly open: readonly OpenDoor[];
  /** Writes a time for whoever reads it. */
  readonly clock: (at: Instant) => string;
};

export type Explanation = {
  readonly kind: (typeof EXPLAINED)[number];
  /** Absent where it is not known which one was meant. */
  readonly door?: string;
  /** Without a full stop. */
  readonly sentence: string;
};

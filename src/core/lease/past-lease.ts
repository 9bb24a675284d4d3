import type { Address } from '../net/address.ts';
import type { Instant, Millis } from '../net/time.ts';
import type { Lease, LeaseEnd, LeaseId } from './lease.ts';

/** When and how a lease ended. `at`: by the wall clock; its length: by a clock that does not jump. */
export type LeaseEnding = {
  readonly how: LeaseEnd;
  readonly at: Instant;
  readonly lasted: Millis;
  /** Why its commands failed: it may never have been open, or may not be closed. */
  readonly startFailure?: string;
  readonly stopFailure?: string;
  /** The operator who closed it, if one did. */
  readonly closedBy?: string;
};

/** A past lease. */
export type PastLease = LeaseEnding &
  Pick<Lease, 'holders' | 'isShared'> & {
    readonly id: LeaseId;
    readonly door: string;
    readonly source: Address;
    /** As the configuration writes them; '' if it only ran a command. */
    readonly ports: string;
    /** By the wall clock of that time. */
    readonly sinceWall: Instant;
    /** The operator opened it, and nobody knocked. */
    readonly byOperator?: true;
    /** The name of that operator. */
    readonly orderedBy?: string;
  };

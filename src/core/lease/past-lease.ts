import type { Address } from '../net/address.ts';
import type { Instant, Millis } from '../net/time.ts';
import type { Lease, LeaseEnd, LeaseId } from './lease.ts';

/** When and how a lease ended, `at` the wall clock, and how long it lasted on a clock that does not jump. */
export type LeaseEnding = {
  readonly how: LeaseEnd;
  readonly at: Instant;
  readonly lasted: Millis;
  /** What its commands have failed of: it may never have been open, or may not be closed. */
  readonly startFailure?: string;
  readonly stopFailure?: string;
  /** Which operator has closed it, where one has. */
  readonly closedBy?: string;
};

/** A lease that is over. */
export type PastLease = LeaseEnding &
  Pick<Lease, 'holders' | 'isShared'> & {
    readonly id: LeaseId;
    readonly door: string;
    readonly source: Address;
    /** As the configuration writes them; '' where it was a command alone. */
    readonly ports: string;
    /** By the wall clock, as it was then. */
    readonly sinceWall: Instant;
    /** The operator had opened it, and nobody had knocked. */
    readonly byOperator?: true;
    /** Which operator that was. */
    readonly orderedBy?: string;
  };

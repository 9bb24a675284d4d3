import type { LeaseEnd, LeaseId } from '../../core/lease/lease.ts';
import type { Instant } from '../../core/net/time.ts';

export type Unclosed = {
  readonly times: number;
  /** Its ports, if it has any, are closed, and its stop command is to be run. */
  readonly portsClosed: boolean;
  /** How its stop command has ended last. */
  readonly stopFailure?: string;
};

/** What a keeper remembers of its leases beside the book. BOUNDED: by the leases. */
export class LeaseNotes {
  /** They could not be closed yet: how often it was tried, what is left to do, and what it has failed of. */
  readonly unclosed = new Map<LeaseId, Unclosed>();
  /** They end before their time, and why. */
  readonly ends = new Map<LeaseId, LeaseEnd>();
  /** A connection holds them beyond their time. */
  readonly held = new Set<LeaseId>();
  /** The end that was last written. */
  readonly kept = new Map<LeaseId, Instant>();

  /** A knock that comes between the operator's order and the end counts: the lease ends at its time after all. */
  reprieve(id: LeaseId): void {
    if (this.ends.get(id) === 'closed') this.ends.delete(id);
  }

  forget(id: LeaseId): void {
    this.unclosed.delete(id);
    this.ends.delete(id);
    this.held.delete(id);
    this.kept.delete(id);
  }
}

import type { MayHold } from '../../../core/lease/holders.ts';
import type { Lease } from '../../../core/lease/lease.ts';
import type { OpenOutcome } from '../../../core/lease/lease-effect.ts';
import type { LeaseMachine } from '../../../core/lease/lease-machine.ts';
import type { Address } from '../../../core/net/address.ts';
import type { LeaseStore } from '../../../host/store/lease-store.ts';
import type { LeaseCommandsParts } from './lease-commands.ts';
import type { LeaseOpeningsParts } from './lease-openings.ts';
import type { NewsParts } from './report-lease-news.ts';

export type LeaseKeeperParts = NewsParts &
  Omit<LeaseCommandsParts, 'limits' | 'answer'> &
  Omit<LeaseOpeningsParts, 'answer'> & {
    readonly machine: LeaseMachine;
    readonly store: LeaseStore;
    /** The number of leases, or of those that failed, has changed. */
    readonly onCount?: () => void;
    /** Whether nothing may be open to the source. */
    readonly isBanned?: (source: Address) => boolean;
    /** Whether the user may still hold the door that his proof has opened. */
    readonly mayHold?: MayHold;
    /** Whether a user's time has ended since it was asked last. */
    readonly hasEnded?: () => boolean;
  };

/** The leases there are, to look at. */
export type LeaseBook = Pick<
  LeaseMachine,
  'size' | 'failed' | 'countAt' | 'current' | 'each' | 'isHeld' | 'stopFailure'
>;

/** What became of a request to open. `started`: whether its start command ends well, if it has one. */
export type OpenResult =
  | Exclude<OpenOutcome, { kind: 'opened' }>
  | { readonly kind: 'opened'; readonly lease: Lease; readonly started?: Promise<boolean> }
  /** A command that nothing closes: it runs, or will. */
  | { readonly kind: 'runs' };

import type { MayHold } from '../../../core/lease/holders.ts';
import type { Lease } from '../../../core/lease/lease.ts';
import type { LeaseEffect, OpenOutcome } from '../../../core/lease/lease-effect.ts';
import type { LeaseMachine } from '../../../core/lease/lease-machine.ts';
import type { OpenRequest } from '../../../core/lease/open-request.ts';
import type { Address } from '../../../core/net/address.ts';
import type { LeaseStore } from '../../../host/store/lease-store.ts';
import type { LeaseCommandsParts } from './lease-commands.ts';
import type { LeaseOpeningsParts } from './lease-openings.ts';
import type { NoticeParts } from './report-lease-notice.ts';

export type LeaseKeeperParts = NoticeParts &
  Omit<LeaseCommandsParts, 'limits' | 'answer'> &
  Omit<LeaseOpeningsParts, 'answer'> & {
    readonly machine: LeaseMachine;
    readonly store: LeaseStore;
    /** The number of leases, or of failed ones, has changed. */
    readonly onCount?: () => void;
    /** Whether the source is banned. */
    readonly isBanned?: (source: Address) => boolean;
    /** Whether the user may still hold the door that the proof opened. */
    readonly mayHold?: MayHold;
    /** Whether a user's time has run out since the last call. */
    readonly hasEnded?: () => boolean;
  };

/** Read access to the present leases. */
export type LeaseBook = Pick<
  LeaseMachine,
  'size' | 'failed' | 'countAt' | 'current' | 'each' | 'isHeld' | 'stopFailure'
>;

/** The result of a request to open. `started`: whether its start command succeeds, if it has one. */
/** Observes leases synchronously. It must not change any before it returns. */
export type LeaseWatcher = {
  readonly requested: (openRequest: OpenRequest, outcome: OpenOutcome) => void;
  /** By the operator. */
  readonly extended: (lease: Lease) => void;
  readonly effect: (effect: LeaseEffect) => void;
};

export type OpenResult =
  | Exclude<OpenOutcome, { kind: 'opened' }>
  | { readonly kind: 'opened'; readonly lease: Lease; readonly started?: Promise<boolean> }
  /** A command without a stop command: it runs now or will run. */
  | { readonly kind: 'runs' };

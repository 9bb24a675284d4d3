import type { Instant } from '../net/time.ts';
import type { LeaseEnd } from './lease.ts';
import type { OpenRequest } from './open-request.ts';

/** State of a lease's start command. A failed one is recorded in the lease (`startFailure`): its door may be closed. */
export type StartState = 'none' | 'running' | 'ended';

/** A request to open that waits for its answer. */
export type PendingRequest = {
  readonly openRequest: OpenRequest;
  readonly ticket: number;
  readonly start: string | undefined;
};

/**
 * The state of a lease; each one holds only what exists by then. docs/architecture.md draws the transitions. `ends`: it
 * must end as soon as it can, and why. `how`: why it ends.
 */
export type LeaseState =
  /** Its record is being written. `ports`: opened after it, or before. */
  | {
      readonly at: 'recording';
      readonly ports: 'none' | 'next' | 'open';
      readonly asked: PendingRequest;
      readonly ends?: LeaseEnd;
    }
  /** Its ports are being opened, before or after its record is written. */
  | {
      readonly at: 'opening-ports';
      readonly isRecorded: boolean;
      readonly asked: PendingRequest;
      readonly ends?: LeaseEnd;
    }
  /** Only a command opens it, and has not ended yet. */
  | { readonly at: 'starting'; readonly ends?: LeaseEnd }
  /** `isHeld`: a connection keeps it open beyond its time. */
  | { readonly at: 'open'; readonly start: StartState; readonly isHeld: boolean }
  /** Its time is over; whether a connection keeps it open is being checked. */
  | { readonly at: 'checking-hold'; readonly start: StartState; readonly isHeld: boolean }
  /** The opening failed; what was opened is being closed again. */
  | {
      readonly at: 'undoing';
      readonly how: LeaseEnd;
      readonly isRecorded: boolean;
      /** The firewall had opened its ports. */
      readonly wereOpen: boolean;
      readonly tries: number;
    }
  | {
      readonly at: 'retrying-undo';
      readonly how: LeaseEnd;
      readonly isRecorded: boolean;
      /** The firewall had opened its ports. */
      readonly wereOpen: boolean;
      readonly tries: number;
      readonly from: Instant;
    }
  | {
      readonly at: 'closing-ports';
      readonly how: LeaseEnd;
      readonly start: StartState;
      readonly tries: number;
    }
  /** Its ports could not be closed; the next attempt is at `from`. */
  | {
      readonly at: 'retrying-ports';
      readonly how: LeaseEnd;
      readonly start: StartState;
      readonly tries: number;
      readonly from: Instant;
    }
  /** Its stop command waits for the end of its start command. */
  | { readonly at: 'awaiting-start'; readonly how: LeaseEnd; readonly closed: Instant }
  | {
      readonly at: 'stopping';
      /** The command belongs to a dead daemon. */
      readonly isAwaited?: true;
      readonly how: LeaseEnd;
      readonly closed: Instant;
      readonly tries: number;
      readonly failure?: string;
    }
  /** Its stop command was cut off, or could not be started; the next attempt is at `from`. */
  | {
      readonly at: 'retrying-stop';
      readonly how: LeaseEnd;
      readonly closed: Instant;
      readonly tries: number;
      /** Of the last attempt, in words. */
      readonly failure?: string;
      readonly from: Instant;
    }
  /** Nothing of it is open any more. */
  | { readonly at: 'writing-end'; readonly how: LeaseEnd };

export type StateName = LeaseState['at'];

/** The phase shown to users. */
export function phaseOf({ at }: LeaseState): 'opening' | 'open' | 'closing' {
  switch (at) {
    case 'recording':
    case 'opening-ports':
    case 'starting':
      return 'opening';
    case 'open':
    case 'checking-hold':
      return 'open';
    case 'undoing':
    case 'retrying-undo':
    case 'closing-ports':
    case 'retrying-ports':
    case 'awaiting-start':
    case 'stopping':
    case 'retrying-stop':
    case 'writing-end':
      return 'closing';
    default:
      return at satisfies never;
  }
}

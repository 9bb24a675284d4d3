import type { DoorSpec } from '../door/door.ts';
import type { Address } from '../net/address.ts';
import type { Millis } from '../net/time.ts';
import type { Demand } from './demand.ts';
import type { MayHold } from './holders.ts';
import type { Lease, LeaseEnd, LeaseId } from './lease.ts';

/** Everything that can happen to leases. */
export type LeaseInput =
  | OpenInput
  /** The operator leaves a lease open for so much longer. */
  | { readonly kind: 'extend'; readonly id: LeaseId; readonly length: Millis }
  /** The operator ends leases. */
  | { readonly kind: 'close'; readonly ids: readonly LeaseId[]; readonly by?: string }
  /** Sources have been banned. */
  | { readonly kind: 'bans'; readonly isBanned: (source: Address) => boolean }
  /** Users have been removed, turned off or narrowed. */
  | { readonly kind: 'users'; readonly mayHold: MayHold }
  /** The configuration has these doors now. */
  | { readonly kind: 'doors'; readonly doors: readonly DoorSpec[] }
  | AdoptInput
  | { readonly kind: 'time' }
  /** The daemon ends: every lease closes now. */
  | { readonly kind: 'stop' }
  | Answer;

/** A whole sequence, or the operator's order. */
export type OpenInput = {
  readonly kind: 'open';
  readonly demand: Demand;
  /** Comes back with the answer. */
  readonly ticket: number;
  /** For the lease, if it becomes one. */
  readonly id: LeaseId;
  readonly isBanned: boolean;
  /** Whether one more command of the door may wait to run. */
  readonly hasRoom: boolean;
  /** Whether the kernel closes ports at their time even if no process lives: then they are opened before the record. */
  readonly closesByItself: boolean;
};

/**
 * A lease that an earlier daemon left. `over`: nothing of it is open · `starting`, `stopping`: that daemon's command
 * still runs · `open`.
 */
export type AdoptInput = {
  readonly kind: 'adopt';
  readonly lease: Omit<Lease, 'state'>;
  readonly length: Millis;
  readonly fate:
    | { readonly kind: 'over'; readonly how: LeaseEnd; readonly stopFailure?: string }
    | { readonly kind: 'starting' | 'open' | 'stopping' };
  /** What its start command's claim says, and its record does not. */
  readonly startFailure?: string;
  /** It was made before the last boot: its times have been converted. */
  readonly isOfOtherBoot: boolean;
  readonly isBanned: boolean;
};

/** What came of an effect. */
export type Answer =
  | { readonly kind: 'recorded' | 'ports-open' | 'end-written'; readonly id: LeaseId }
  /** `cut`: connections that were cut with them. */
  | { readonly kind: 'ports-closed'; readonly id: LeaseId; readonly cut: number }
  | { readonly kind: 'record-refused' | 'ports-refused'; readonly id: LeaseId; readonly why: string }
  | { readonly kind: 'close-refused'; readonly id: LeaseId }
  /** The start command has ended. `failure`: what it failed of, in words. */
  | { readonly kind: 'started'; readonly id: LeaseId; readonly failure?: string }
  /** The stop command has ended. `isCutOff`: not by itself; it was killed, ran past its limit, or could not be started. */
  | {
      readonly kind: 'stopped';
      readonly id: LeaseId;
      readonly isCutOff: boolean;
      readonly failure?: string;
    }
  | { readonly kind: 'hold-checked'; readonly id: LeaseId; readonly lives: boolean }
  /** A connection made through it lives, or the last one has gone. */
  | { readonly kind: 'connection'; readonly id: LeaseId; readonly lives: boolean };

import type { Proof } from '../attempt/completion.ts';
import type { DoorSpec } from '../door/door.ts';
import type { Address } from '../net/address.ts';
import type { Millis } from '../net/time.ts';
import type { MayHold } from './holders.ts';
import type { Lease, LeaseEnd, LeaseId } from './lease.ts';
import type { OpenRequest } from './open-request.ts';

/** Everything that can happen to leases. */
export type LeaseInput =
  | OpenInput
  /** The operator extends a lease. */
  | { readonly kind: 'extend'; readonly id: LeaseId; readonly length: Millis }
  /** The operator closes leases. */
  | { readonly kind: 'close'; readonly ids: readonly LeaseId[]; readonly by?: string }
  /** The member's own lease has ended: it holds this one no more. */
  | { readonly kind: 'release'; readonly id: LeaseId; readonly holder: Proof }
  /** Sources have been banned. */
  | { readonly kind: 'bans'; readonly isBanned: (source: Address) => boolean }
  /** Users have been removed, disabled or restricted. */
  | { readonly kind: 'users'; readonly mayHold: MayHold }
  /** The configuration now has these doors. */
  | { readonly kind: 'doors'; readonly doors: readonly DoorSpec[] }
  | AdoptInput
  | { readonly kind: 'time' }
  /** The daemon stops: every lease closes now. */
  | { readonly kind: 'stop' }
  | Answer;

/** A completed sequence or proof, or the operator's command. */
export type OpenInput = {
  readonly kind: 'open';
  readonly openRequest: OpenRequest;
  /** Returned with the answer. */
  readonly ticket: number;
  /** For the lease, if one is created. */
  readonly id: LeaseId;
  readonly isBanned: boolean;
  /** Whether one more command of the door may wait. */
  readonly hasRoom: boolean;
  /** Whether the kernel closes ports in time without a process: then they may be opened before the record. */
  readonly closesByItself: boolean;
};

/**
 * A lease left by an earlier daemon. `over`: nothing of it is open · `starting`, `stopping`: that daemon's command
 * still runs · `open`.
 */
export type AdoptInput = {
  readonly kind: 'adopt';
  readonly lease: Omit<Lease, 'state'>;
  readonly length: Millis;
  readonly fate:
    | { readonly kind: 'over'; readonly how: LeaseEnd; readonly stopFailure?: string }
    | { readonly kind: 'starting' | 'open' | 'stopping' };
  /** From its start command's claim, if the record does not say it. */
  readonly startFailure?: string;
  /** It is from before the last boot: its times have been converted. */
  readonly isOfOtherBoot: boolean;
  readonly isBanned: boolean;
};

/** The result of an effect. */
export type Answer =
  | { readonly kind: 'recorded' | 'ports-open' | 'end-written'; readonly id: LeaseId }
  /** `cut`: connections cut with them. */
  | { readonly kind: 'ports-closed'; readonly id: LeaseId; readonly cut: number }
  | { readonly kind: 'record-refused' | 'ports-refused'; readonly id: LeaseId; readonly why: string }
  | { readonly kind: 'close-refused'; readonly id: LeaseId }
  /** The start command has ended. `failure`: why it failed, in words. */
  | { readonly kind: 'started'; readonly id: LeaseId; readonly failure?: string }
  /**
   * The stop command has ended. `isCutOff`: not by itself: it was killed, exceeded its time limit, or could not be
   * started.
   */
  | {
      readonly kind: 'stopped';
      readonly id: LeaseId;
      readonly isCutOff: boolean;
      readonly failure?: string;
    }
  | { readonly kind: 'hold-checked'; readonly id: LeaseId; readonly lives: boolean }
  /** Whether a connection made through it lives, or the last one has ended. */
  | { readonly kind: 'connection'; readonly id: LeaseId; readonly lives: boolean };

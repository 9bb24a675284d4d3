import type { Door, DoorSpec } from '../door/door.ts';
import type { HolderKind } from '../door/proof-kind.ts';
import type { Address } from '../net/address.ts';
import { type Instant, type Millis, millis } from '../net/time.ts';

declare const checked: unique symbol;

/** The user who has proved his identity, and the credential. */
export type Proof = {
  readonly kind: HolderKind;
  /** Of `member` its name in the fleet. */
  readonly user: string;
  /**
   * As ssh-keygen shows an SSH key: `SHA256:…`; for a fwknop key `SPA:…`, for a code secret `CODE:…`, for the lease of a
   * member `MEMBER:…`.
   */
  readonly fingerprint: string;
};

type Completed = {
  readonly [checked]: true;
  readonly source: Address;
  /** Packet time of the last knock. */
  readonly at: Instant;
};

/** Proof that a source knocked a door's whole sequence in order and in time. Only the engine creates one. */
export type SequenceCompletion = Completed & { readonly door: Door; readonly proof?: never };

/** Proof that a source sent what only a user can send. Only `completeByProof` creates one. */
export type ProofCompletion = Completed & { readonly door: DoorSpec; readonly proof: Proof };

/** What opens a door, whatever the proof: the same leases, limits, guards and hooks follow. */
export type Completion = SequenceCompletion | ProofCompletion;

/** The proof has been checked, and the user may open the door. `wanted`: the requested time, if any. */
export function completeByProof(
  door: DoorSpec,
  source: Address,
  at: Instant,
  proof: Proof,
  wanted?: Millis,
): ProofCompletion {
  const length = timeFor(door, wanted);
  const lasting =
    length === door.opening.cmdTimeout ? door : { ...door, opening: { ...door.opening, cmdTimeout: length } };
  return { door: lasting, source, at, proof } as ProofCompletion;
}

/** How long a door opens if a client requests `wanted`. */
function timeFor({ opening: { cmdTimeout }, maxOpenFor }: DoorSpec, wanted: Millis | undefined): Millis {
  if (wanted === undefined || wanted === 0) return cmdTimeout;
  return millis(Math.min(wanted, maxOpenFor ?? cmdTimeout));
}

import type { Door, DoorSpec } from '../door/door.ts';
import type { UserProof } from '../door/proof-kind.ts';
import type { Address } from '../net/address.ts';
import { type Instant, type Millis, millis } from '../net/time.ts';

declare const checked: unique symbol;

/** Who has proved that he may come in, and by which of his credentials. */
export type Proof = {
  readonly kind: UserProof;
  readonly user: string;
  /** Of an SSH key, as ssh-keygen shows it: `SHA256:…`; of a key of fwknop's `SPA:…`, of the secret of codes `CODE:…`. */
  readonly fingerprint: string;
};

type Completed = {
  readonly [checked]: true;
  readonly source: Address;
  /** Packet time of the last knock. */
  readonly at: Instant;
};

/** Proof that a source knocked a door's whole sequence in order and in time. Only the engine makes one. */
export type SequenceCompletion = Completed & { readonly door: Door; readonly proof?: never };

/** Proof that a source has sent what only a user can send. Only `completeByProof` makes one. */
export type ProofCompletion = Completed & { readonly door: DoorSpec; readonly proof: Proof };

/** What opens a door, whatever it was proved by: the same leases, limits, guards and hooks follow. */
export type Completion = SequenceCompletion | ProofCompletion;

/** The proof has been judged, and the user may open the door. `wanted`: for how long, if the client says so. */
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

/** The time that a door opens for, where a client asks for `wanted`. */
function timeFor({ opening: { cmdTimeout }, maxOpenFor }: DoorSpec, wanted: Millis | undefined): Millis {
  if (wanted === undefined || wanted === 0) return cmdTimeout;
  return millis(Math.min(wanted, maxOpenFor ?? cmdTimeout));
}

import type { Address } from '../net/address.ts';
import type { Prefix } from '../net/prefix.ts';
import type { FlagRule } from '../net/tcp-flags.ts';
import type { Millis } from '../net/time.ts';
import { sameAdmission } from './admission.ts';
import type { CodePorts } from './code-ports.ts';
import type { CommandLimits } from './command-limits.ts';
import type { ClaimWay, FleetRight } from './fleet-right.ts';
import type { DoorHooks } from './hook.ts';
import type { Opening } from './opening.ts';
import type { ProofKind, UserProof } from './proof-kind.ts';
import { type Sequence, sameSequence } from './sequence.ts';

/** Where a door's sequence comes from: the configuration, or the first unused line of a file. `none`: it has no sequence. */
export type SequenceSource =
  | { readonly kind: 'none' }
  | { readonly kind: 'fixed'; readonly sequence: Sequence }
  | { readonly kind: 'one-time'; readonly path: string };

/** One section of the configuration. */
export type DoorSpec = {
  readonly name: string;
  readonly sequenceSource: SequenceSource;
  /** Each of them opens the door. Never empty; `sequence` alone if it is absent. */
  readonly accept?: readonly ProofKind[];
  /** Names of those who may open it by a proof that names somebody; all users if it is absent. */
  readonly users?: readonly string[];
  /** The longest time that a client may ask for; the door's own time if it is absent. */
  readonly maxOpenFor?: Millis;
  /** Where its codes are knocked. Present if, and only if, it accepts codes. */
  readonly codePorts?: CodePorts;
  /** A signed knock has to name the address that it comes from. */
  readonly requireSource?: true;
  /** The whole sequence must arrive within this of its first knock. */
  readonly seqTimeout: Millis;
  readonly flags: FlagRule;
  /** The destination that counts instead of the host's own addresses. */
  readonly target?: Address;
  /** Who may knock, see `compileAdmission`. Never empty. */
  readonly allow?: readonly Prefix[];
  readonly deny?: readonly Prefix[];
  readonly opening: Opening;
  /** In place of `DEFAULT_MAX_LEASES`. */
  readonly maxLeases?: number;
  /** For a door that only runs a command: how long a source's next knocks are without effect. */
  readonly cooldown?: Millis;
  /** What it has to do with the fleet. Never empty. */
  readonly fleet?: readonly FleetRight[];
  /** What counts of a proof that other members may have taken; `prefer` if it is absent. */
  readonly fleetClaim?: ClaimWay;
  /** Of its commands; the defaults where it is absent. */
  readonly limits?: CommandLimits;
  /** Those of the door, and for all others the ones that the options name for all doors. */
  readonly hooks?: DoorHooks;
};

/** Leases that one door has at one time. */
export const DEFAULT_MAX_LEASES = 65_536;

/** A door as it is watched: its sequence is known. */
export type Door = DoorSpec & { readonly sequence: Sequence };

export const takes = ({ accept = ['sequence'] }: DoorSpec, proof: ProofKind): boolean =>
  accept.includes(proof);

/** A door that accepts codes. */
export type CodeDoor = DoorSpec & { readonly codePorts: CodePorts };

export const codeDoors = (doors: readonly DoorSpec[]): readonly CodeDoor[] =>
  doors.filter((door): door is CodeDoor => door.codePorts !== undefined && takes(door, 'code'));

/** Its proofs that name a user. */
export const userProofs = ({ accept = [] }: DoorSpec): readonly UserProof[] =>
  accept.filter((proof) => proof !== 'sequence');

/** Whether the same knocks open both: an attempt at one may go on at the other. */
export function sameKnocks(a: Door, b: Door): boolean {
  return (
    a.name === b.name &&
    a.seqTimeout === b.seqTimeout &&
    a.flags.mask === b.flags.mask &&
    a.flags.value === b.flags.value &&
    a.target === b.target &&
    sameAdmission(a, b) &&
    sameSequence(a.sequence, b.sequence)
  );
}

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

/**
 * Where a door's sequence comes from: the configuration, or the first unused line of a file. `none`: it has no
 * sequence.
 */
export type SequenceSource =
  | { readonly kind: 'none' }
  | { readonly kind: 'fixed'; readonly sequence: Sequence }
  | { readonly kind: 'one-time'; readonly path: string };

/** One section of the configuration. */
export type DoorSpec = {
  readonly name: string;
  readonly sequenceSource: SequenceSource;
  /** The proofs that open the door. Never empty. Default: only `sequence`. */
  readonly accept?: readonly ProofKind[];
  /** Users who may open it by a proof that names a user. Default: all users. */
  readonly users?: readonly string[];
  /** The longest time that a client may request. Default: the door's own time. */
  readonly maxOpenFor?: Millis;
  /** Where its codes are knocked. Present if and only if it accepts codes. */
  readonly codePorts?: CodePorts;
  /** A signed knock must name its source address. */
  readonly requireSource?: true;
  /** The whole sequence must arrive within this time of its first knock. */
  readonly seqTimeout: Millis;
  readonly flags: FlagRule;
  /** The destination that counts instead of the host's own addresses. */
  readonly target?: Address;
  /** Who may knock, see `compileAdmission`. Never empty. */
  readonly allow?: readonly Prefix[];
  readonly deny?: readonly Prefix[];
  readonly opening: Opening;
  /** Default: `DEFAULT_MAX_LEASES`. */
  readonly maxLeases?: number;
  /** For a door that only runs a command: how long further knocks of the source have no effect. */
  readonly cooldown?: Millis;
  /** What it has to do with the fleet. Never empty. */
  readonly fleet?: readonly FleetRight[];
  /** What counts of a proof that other members may have taken; `prefer` if it is absent. */
  readonly fleetClaim?: ClaimWay;
  /** Of its commands; the defaults where it is absent. */
  readonly limits?: CommandLimits;
  /** The door's own hooks. Others come from the options for all doors. */
  readonly hooks?: DoorHooks;
};

/** Maximum leases of one door at a time. */
export const DEFAULT_MAX_LEASES = 65_536;

/** A door that is watched: its sequence is known. */
export type Door = DoorSpec & { readonly sequence: Sequence };

export const acceptsProof = ({ accept = ['sequence'] }: DoorSpec, proof: ProofKind): boolean =>
  accept.includes(proof);

/** A door that accepts codes. */
export type CodeDoor = DoorSpec & { readonly codePorts: CodePorts };

export const codeDoors = (doors: readonly DoorSpec[]): readonly CodeDoor[] =>
  doors.filter((door): door is CodeDoor => door.codePorts !== undefined && acceptsProof(door, 'code'));

/** Its proofs that name a user. */
export const userProofs = ({ accept = [] }: DoorSpec): readonly UserProof[] =>
  accept.filter((proof) => proof !== 'sequence');

/** Whether the same knocks open both, so that an attempt at one can continue at the other. */
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

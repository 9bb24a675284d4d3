import type { DoorSpec } from '../../door/door.ts';
import type { Opening } from '../../door/opening.ts';
import type { PortOpening } from '../../door/port-opening.ts';
import type { ProofKind } from '../../door/proof-kind.ts';
import type { Sequence } from '../../door/sequence.ts';
import type { Millis } from '../../net/time.ts';
import type { CommandTexts } from '../values/compile-opening.ts';

/** Facts that may be absent. */
type Facts<T, K extends keyof T> = { -readonly [N in K]?: T[N] };

/** A door while its section is read. A directive whose fact stands in the door as it is read has its place in `door`. */
export type DoorDraft = {
  sequence?: Sequence;
  oneTimePath?: string;
  accept: readonly ProofKind[];
  seqTimeout: Millis;
  flags: DoorSpec['flags'];
  cmdTimeout: Millis;
  readonly commands: CommandTexts;
  ports: readonly PortOpening[];
  readonly door: Facts<
    DoorSpec,
    'target' | 'allow' | 'deny' | 'maxLeases' | 'cooldown' | 'fleet' | 'fleetClaim'
  >;
  /** They mean something where proofs are accepted that name a user. */
  readonly proofs: Facts<DoorSpec, 'users' | 'maxOpenFor' | 'requireSource' | 'codePorts'>;
  /** They mean something where ports are opened. */
  readonly ways: Facts<Opening, 'singleUse' | 'hold' | 'closeKills' | 'leasePrefix6'>;
};

import type { DoorSpec } from '../../door/door.ts';
import type { Opening } from '../../door/opening.ts';
import type { PortOpening } from '../../door/port-opening.ts';
import type { ProofKind } from '../../door/proof-kind.ts';
import type { Sequence } from '../../door/sequence.ts';
import type { Millis } from '../../net/time.ts';
import type { CommandTexts } from '../values/compile-opening.ts';

/** Properties that may be absent. */
type Facts<T, K extends keyof T> = { -readonly [N in K]?: T[N] };

/** A door while its section is parsed. Directives that map directly to a door's property are stored in `door`. */
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
  /** They only matter for proofs that name a user. */
  readonly proofs: Facts<DoorSpec, 'users' | 'maxOpenFor' | 'requireSource' | 'codePorts'>;
  /** They only matter if ports are opened. */
  readonly ways: Facts<Opening, 'singleUse' | 'hold' | 'closeKills' | 'leasePrefix6'>;
};

import type { Completion, SequenceCompletion } from '../../../core/attempt/completion.ts';
import { compileAdmission } from '../../../core/door/admission.ts';
import type { ConfigInForce } from '../../config/config-in-force.ts';
import { type OneTimeDoors, useUpSequence } from '../../config/one-time-doors.ts';
import type { LeaseKeeper } from '../leases/lease-keeper.ts';
import type { OpenResult } from '../leases/lease-keeper-parts.ts';
import type { ProofUse } from '../leases/proof-use.ts';
import type { KnockListener } from '../packets/knock-listener.ts';
import type { FleetHost } from './open-fleet.ts';

export type CompletionAdmissionParts = {
  readonly inForce: ConfigInForce;
  readonly watch: KnockListener;
  readonly keeper: LeaseKeeper;
  readonly oneTime: OneTimeDoors;
  /** Absent in rehearsals, which claim nothing. */
  readonly fleet?: Pick<FleetHost, 'whyNot'>;
};

/** The checks between a proof and its door: who may knock, and marking a one-time sequence as used. */
export class CompletionAdmission {
  readonly #parts: CompletionAdmissionParts;

  constructor(parts: CompletionAdmissionParts) {
    this.#parts = parts;
  }

  /** `whyNot`: an objection found earlier. Resolves when the door is open, or the opening is refused. */
  async admit(completion: Completion, whyNot?: string, use?: ProofUse): Promise<OpenResult> {
    const { door, source } = completion;
    const { keeper } = this.#parts;
    if (whyNot !== undefined) {
      return keeper.refuse(completion, whyNot);
    }
    if (!compileAdmission(door)(source)) {
      return keeper.refuse(completion, 'the door does not allow this address');
    }
    // Without a fleet this does not wait.
    const claimed = use === undefined ? undefined : this.#parts.fleet?.whyNot(completion, use);
    const whyTaken = claimed === undefined ? undefined : await claimed;
    if (whyTaken !== undefined) return keeper.refuse(completion, whyTaken);
    const isOneTime = door.sequenceSource.kind === 'one-time';
    const refused = isOneTime && completion.proof === undefined ? this.#useUp(completion) : undefined;
    return refused ?? keeper.requestOpen(completion);
  }

  /** Marks the sequence as used before anything opens. Otherwise refuses. */
  #useUp(completion: SequenceCompletion): OpenResult | undefined {
    const { inForce, watch, oneTime, keeper } = this.#parts;
    const { door } = completion;
    const config = inForce.current;
    const others = watch.doors.filter((other) => other.name !== door.name);
    try {
      useUpSequence(door);
    } catch (error) {
      const reason = `its sequence cannot be marked as used: ${(error as Error).message}; the door stays shut until a reload`;
      const refused = keeper.refuse(completion, reason);
      oneTime.shut(door.name, reason);
      watch.replaceDoors(others, config);
      return refused;
    }
    const specs = config.doors.filter((spec) => spec.name === door.name);
    watch.replaceDoors([...others, ...oneTime.watchable(specs)], config);
    return undefined;
  }
}

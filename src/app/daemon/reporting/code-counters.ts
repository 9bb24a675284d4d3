import { CODE_OUTCOMES, type CodeCounts, type CodeOutcome } from '../../../core/control/proof-counts.ts';
import { zeros } from './proof-counters.ts';

/** Counts codes since the start of the daemon. No allocation per packet. */
export class CodeCounters {
  readonly #outcomes = zeros(CODE_OUTCOMES);

  outcome(outcome: CodeOutcome): void {
    this.#outcomes[outcome]++;
  }

  get counts(): CodeCounts {
    return { ...this.#outcomes };
  }
}

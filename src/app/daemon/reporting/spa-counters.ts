import {
  SPA_GARBAGE,
  SPA_OUTCOMES,
  type SpaCounts,
  type SpaGarbage,
  type SpaOutcome,
} from '../../../core/control/proof-counts.ts';
import { zeros } from './proof-counters.ts';

/** Counts fwknop packets since the start of the daemon. No allocation per packet. */
export class SpaCounters {
  readonly #garbage = zeros(SPA_GARBAGE);
  readonly #outcomes = zeros(SPA_OUTCOMES);

  garbage(why: SpaGarbage): void {
    this.#garbage[why]++;
  }

  outcome(outcome: SpaOutcome): void {
    this.#outcomes[outcome]++;
  }

  get counts(): Omit<SpaCounts, 'packets'> {
    return { garbage: { ...this.#garbage }, outcomes: { ...this.#outcomes } };
  }
}

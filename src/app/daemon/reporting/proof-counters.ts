import {
  GARBAGE,
  type Garbage,
  OUTCOMES,
  type ProofCounts,
  type ProofOutcome,
} from '../../../core/control/proof-counts.ts';

/** Counts signed knocks since the start of the daemon. No allocation per packet. */
export class ProofCounters {
  readonly #garbage = zeros(GARBAGE);
  readonly #outcomes = zeros(OUTCOMES);
  #replies = 0;
  #repliesFailed = 0;

  garbage(why: Garbage): void {
    this.#garbage[why]++;
  }

  outcome(outcome: ProofOutcome): void {
    this.#outcomes[outcome]++;
  }

  reply(isSent: boolean): void {
    if (isSent) this.#replies++;
    else this.#repliesFailed++;
  }

  get counts(): Omit<ProofCounts, 'packets'> {
    return {
      garbage: { ...this.#garbage },
      outcomes: { ...this.#outcomes },
      replies: this.#replies,
      repliesFailed: this.#repliesFailed,
    };
  }
}

export function zeros<Name extends string>(names: readonly Name[]): Record<Name, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;
}

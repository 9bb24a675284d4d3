/** `share`: ms of work for each ms that passes. `depth`: the most ms of work that are saved up. `reserve`: the part of `depth` that strangers leave. */
export type WorkLimits = { readonly share: number; readonly depth: number; readonly reserve: number };

/**
 * How much time may go into some kind of work, measured, not estimated. Strangers may use it up to a reserve; those who are
 * known may use that too, and what comes in goes to them first: while the reserve is not whole, strangers have nothing.
 */
export class WorkBudget {
  readonly #limits: WorkLimits;
  #left: number;
  #at = Number.NEGATIVE_INFINITY;

  constructor(limits: WorkLimits) {
    this.#limits = limits;
    this.#left = limits.depth;
  }

  /** Whether more work may be begun. `now`: ms of a clock that only grows. */
  allows(isKnown: boolean, now: number): boolean {
    this.#fill(now);
    const { depth, reserve } = this.#limits;
    return this.#left > (isKnown ? 0 : depth * reserve);
  }

  /** How much of what strangers may use is saved up, from 0 to 1. `now`: ms of a clock that only grows. */
  fullness(now: number): number {
    this.#fill(now);
    const { depth, reserve } = this.#limits;
    return Math.max(0, (this.#left - depth * reserve) / (depth * (1 - reserve)));
  }

  /** Work has taken so many ms, which may be more than there was. */
  spend(ms: number): void {
    this.#left -= ms;
  }

  /** How many ms there is to wait until strangers may begin work; 0 where they may. */
  wait(now: number): number {
    this.#fill(now);
    const { depth, reserve, share } = this.#limits;
    return Math.max(0, (depth * reserve - this.#left) / share);
  }

  #fill(now: number): void {
    const { depth, share } = this.#limits;
    const since = Math.max(0, now - this.#at);
    this.#left = Math.min(depth, this.#left + since * share);
    this.#at = Math.max(this.#at, now);
  }
}

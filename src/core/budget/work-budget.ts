/**
 * `share`: ms of work per ms of time. `depth`: the most ms of work that can be saved up. `reserve`: the part of `depth`
 * that strangers cannot use.
 */
export type WorkLimits = { readonly share: number; readonly depth: number; readonly reserve: number };

/**
 * Limits the time spent on a kind of work, as measured. Strangers may use it down to a reserve; known sources may use
 * the reserve too. New budget refills the reserve first: until it is full, strangers get nothing.
 */
export class WorkBudget {
  readonly #limits: WorkLimits;
  #left: number;
  #at = Number.NEGATIVE_INFINITY;

  constructor(limits: WorkLimits) {
    this.#limits = limits;
    this.#left = limits.depth;
  }

  /** Whether more work may start. `now`: a monotonic clock in ms. */
  allows(isKnown: boolean, now: number): boolean {
    this.#fill(now);
    const { depth, reserve } = this.#limits;
    return this.#left > (isKnown ? 0 : depth * reserve);
  }

  /** The available part of the strangers' budget, from 0 to 1. `now`: a monotonic clock in ms. */
  fullness(now: number): number {
    this.#fill(now);
    const { depth, reserve } = this.#limits;
    return Math.max(0, (this.#left - depth * reserve) / (depth * (1 - reserve)));
  }

  /** Work took this many ms, possibly more than was available. */
  spend(ms: number): void {
    this.#left -= ms;
  }

  /** Ms to wait until strangers may start work; 0: now. */
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

/** Units of work: `depth` at once, `perSecond` afterwards. */
export type WorkRate = { readonly depth: number; readonly perSecond: number };

/** Allows work as long as there are tokens for it. */
export class WorkTokens {
  readonly #rate: WorkRate;
  #tokens: number;
  #at = Number.NEGATIVE_INFINITY;

  constructor(rate: WorkRate) {
    this.#rate = rate;
    this.#tokens = rate.depth;
  }

  /** Whether this much is available; if so, it is spent. `now`: a monotonic clock in ms. */
  take(units: number, now: number): boolean {
    const { depth, perSecond } = this.#rate;
    if (this.#at > Number.NEGATIVE_INFINITY)
      this.#tokens = Math.min(depth, this.#tokens + ((now - this.#at) / 1000) * perSecond);
    this.#at = now;
    if (units > this.#tokens) return false;
    this.#tokens -= units;
    return true;
  }
}

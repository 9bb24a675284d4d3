import type { SourceRate } from './source-buckets.ts';

/** A bucket of tokens for each name. BOUNDED: by `maxNames`; where there are more, the one used first makes room. */
export class KeyRate {
  /** When the bucket will be full again, in ms of the caller's clock. */
  readonly #fullAt = new Map<string, number>();
  readonly #interval: number;
  readonly #depth: number;
  readonly #maxNames: number;

  constructor({ burst, perSecond }: SourceRate, maxNames: number) {
    this.#interval = 1000 / perSecond;
    this.#depth = (burst - 1) * this.#interval;
    this.#maxNames = maxNames;
  }

  /** Takes a token, if there is one. `now`: ms of a clock that only grows. */
  admit(name: string, now: number): boolean {
    const fullAt = Math.max(now, this.#fullAt.get(name) ?? now);
    if (fullAt - now > this.#depth) return false;
    this.#fullAt.delete(name);
    if (this.#fullAt.size >= this.#maxNames) this.#forgetOne();
    this.#fullAt.set(name, fullAt + this.#interval);
    return true;
  }

  #forgetOne(): void {
    const [first] = this.#fullAt.keys();
    if (first !== undefined) this.#fullAt.delete(first);
  }
}

import type { SourceRate } from './source-buckets.ts';

/** A token bucket per name. BOUNDED: by `maxNames`; the one unused for longest is dropped. */
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

  /** Whether there is a token, without taking it. `now`: a monotonic clock in ms. */
  allows(name: string, now: number): boolean {
    return this.#fullAgain(name, now) - now <= this.#depth;
  }

  /** Takes a token, if there is one. */
  admit(name: string, now: number): boolean {
    if (!this.allows(name, now)) return false;
    const fullAt = this.#fullAgain(name, now);
    this.#fullAt.delete(name);
    if (this.#fullAt.size >= this.#maxNames) this.#forgetOne();
    this.#fullAt.set(name, fullAt + this.#interval);
    return true;
  }

  #fullAgain(name: string, now: number): number {
    return Math.max(now, this.#fullAt.get(name) ?? now);
  }

  #forgetOne(): void {
    const [first] = this.#fullAt.keys();
    if (first !== undefined) this.#fullAt.delete(first);
  }
}

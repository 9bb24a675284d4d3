/** xorshift32 (Marsaglia 2003): unpredictable enough for an attacker who does not see the output. */
export class XorShift {
  #state: number;

  /** `seed` must not be 0. */
  constructor(seed: number) {
    this.#state = seed;
  }

  /** A whole number from 0 to `limit` - 1. */
  draw(limit: number): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return (x >>> 0) % limit;
  }
}

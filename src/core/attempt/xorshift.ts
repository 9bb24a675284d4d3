/** xorshift32 (Marsaglia 2003): unpredictable enough for an attacker who does not see what is drawn. */
export class XorShift {
  #state: number;

  /** `seed` is not 0. */
  constructor(seed: number) {
    this.#state = seed;
  }

  /** A whole number from 0 to below `limit`. */
  draw(limit: number): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return (x >>> 0) % limit;
  }
}

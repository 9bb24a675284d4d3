/**
 * Numbers by chance that a seed and an input's number decide, so that any one input can be made again without those
 * before it. Xorshift128 (Marsaglia 2003), its state filled by a mixing function; allocates nothing.
 */
export class Random {
  readonly #seed: number;
  #a = 1;
  #b = 0;
  #c = 0;
  #d = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Begins the numbers of the input `index`. */
  begin(index: number): void {
    const start = mix(this.#seed ^ mix(index + 0x9e3779b9));
    this.#a = mix(start ^ 0x243f6a88);
    this.#b = mix(start ^ 0x85a308d3);
    this.#c = mix(start ^ 0x13198a2e);
    this.#d = mix(start ^ 0x03707344) | 1;
  }

  /** 32 bits, unsigned. */
  next(): number {
    let t = this.#d;
    const s = this.#a;
    this.#d = this.#c;
    this.#c = this.#b;
    this.#b = s;
    t ^= t << 11;
    t ^= t >>> 8;
    this.#a = t ^ s ^ (s >>> 19);
    return this.#a >>> 0;
  }

  /** From 0 to `limit` - 1; 0 for a limit of 0. */
  below(limit: number): number {
    return limit === 0 ? 0 : this.next() % limit;
  }
}

/** The finishing function of MurmurHash3. */
function mix(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

import { type HashKey, keyedHash } from '../attempt/keyed-hash.ts';

export type SourceRate = { readonly burst: number; readonly perSecond: number };

/** There was no token. */
export const NONE = -1;

/** Places per source. The least used of them counts. */
const WAYS = 6;

/**
 * A token bucket per source; an IPv6 source counts by its /64. No allocation per packet. BOUNDED: by `places`, 8 bytes
 * each, resident as far as used. A source shares tokens only if others use all its places: with 65,536 sources in a
 * million places one in 1,000 does, and without the key nobody can choose whose tokens to share.
 */
export class SourceBuckets {
  /** When the place's bucket will be full again, in ms of the caller's clock; 0: never used. */
  readonly #fullAt: Float64Array;
  readonly #mask: number;
  readonly #keys: readonly [HashKey, HashKey];
  readonly #interval: number;
  readonly #depth: number;

  /** `places`: a power of two. */
  constructor(places: number, key: HashKey, { burst, perSecond }: SourceRate) {
    this.#fullAt = new Float64Array(places);
    this.#mask = places - 1;
    this.#keys = [key, [key[1] ^ 0x5eed, key[0]]];
    this.#interval = 1000 / perSecond;
    this.#depth = (burst - 1) * this.#interval;
  }

  /**
   * Takes a token of the source, if there is one. Returns how long the source has had a full bucket, in ms, `Infinity`
   * if it was not seen before, or `NONE` without a token. `now`: a monotonic clock in ms.
   */
  take(family: number, w0: number, w1: number, w2: number, w3: number, now: number): number {
    const isV4 = family === 4;
    const [first, second] = this.#keys;
    const hash = keyedHash(first, family, w0, w1, isV4 ? w2 : 0, isV4 ? w3 : 0, 0);
    // Odd, so that the places differ.
    const step = keyedHash(second, family, w0, w1, isV4 ? w2 : 0, isV4 ? w3 : 0, 0) | 1;
    const fullAt = this.#fullAt;
    const mask = this.#mask;
    let before = Number.POSITIVE_INFINITY;
    for (let way = 0; way < WAYS; way++)
      before = Math.min(before, fullAt[(hash + Math.imul(way, step)) & mask] as number);
    const from = Math.max(now, before);
    if (from - now > this.#depth) return NONE;
    const after = from + this.#interval;
    for (let way = 0; way < WAYS; way++) {
      const place = (hash + Math.imul(way, step)) & mask;
      fullAt[place] = Math.max(fullAt[place] as number, after);
    }
    return before === 0 ? Number.POSITIVE_INFINITY : now - Math.min(now, before);
  }
}

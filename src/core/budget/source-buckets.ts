import { type HashKey, keyedHash } from '../attempt/keyed-hash.ts';

export type SourceRate = { readonly burst: number; readonly perSecond: number };

/** There was no token. */
export const NONE = -1;

/**
 * A token bucket per source; an IPv6 source counts by its /64. No allocation per packet. BOUNDED: by `places`, 8 bytes
 * each, resident as far as used. Sources at the same place share its tokens; without the key nobody can choose whose.
 */
export class SourceBuckets {
  /** When the place's bucket will be full again, in ms of the caller's clock; 0: never used. */
  readonly #fullAt: Float64Array;
  readonly #mask: number;
  readonly #key: HashKey;
  readonly #interval: number;
  readonly #depth: number;

  /** `places`: a power of two. */
  constructor(places: number, key: HashKey, { burst, perSecond }: SourceRate) {
    this.#fullAt = new Float64Array(places);
    this.#mask = places - 1;
    this.#key = key;
    this.#interval = 1000 / perSecond;
    this.#depth = (burst - 1) * this.#interval;
  }

  /**
   * Takes a token of the source, if there is one. Returns how long the source has had a full bucket, in ms, `Infinity`
   * if it was not seen before, or `NONE` without a token. `now`: a monotonic clock in ms.
   */
  take(family: number, w0: number, w1: number, w2: number, w3: number, now: number): number {
    const isV4 = family === 4;
    const hash = keyedHash(this.#key, family, w0, w1, isV4 ? w2 : 0, isV4 ? w3 : 0, 0);
    const place = hash & this.#mask;
    const before = this.#fullAt[place] as number;
    const fullAt = Math.max(now, before);
    if (fullAt - now > this.#depth) return NONE;
    this.#fullAt[place] = fullAt + this.#interval;
    return before === 0 ? Number.POSITIVE_INFINITY : now - Math.min(now, before);
  }
}

import { type HashKey, keyedHash } from '../attempt/keyed-hash.ts';

export type SourceRate = { readonly burst: number; readonly perSecond: number };

/** There was no token. */
export const NONE = -1;

/**
 * A bucket of tokens for each source, an IPv6 source by its /64. Nothing is allocated for a packet.
 * BOUNDED: by `places`, 8 bytes each, resident as they are used. Sources that share a place share its tokens; without
 * the key nobody can choose whom to share with.
 */
export class SourceBuckets {
  /** When the place's bucket will be full again, in ms of the caller's clock; 0 of a place that was never used. */
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
   * Takes a token of the source's, if there is one. Returns for how many ms the source has had all of them, `Infinity` if it
   * has not been seen; `NONE` without a token. `now`: ms of a clock that only grows.
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

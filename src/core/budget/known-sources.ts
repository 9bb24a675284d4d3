import { type HashKey, keyedHash } from '../attempt/keyed-hash.ts';
import { type Address, addressWords, familyOf } from '../net/address.ts';

/**
 * Sources that have opened a door before; an IPv6 source counts by its /64. No allocation per packet. BOUNDED: by
 * `places` of 4 bytes. Each holds a keyed fingerprint; a new source at the same place replaces it. A stranger counts as
 * known once in a thousand million.
 */
export class KnownSources {
  readonly #prints: Int32Array;
  readonly #mask: number;
  readonly #keys: readonly [HashKey, HashKey];

  /** `places`: a power of two. */
  constructor(places: number, key: HashKey) {
    this.#prints = new Int32Array(places);
    this.#mask = places - 1;
    this.#keys = [
      [key[0] ^ 0x5eed, key[1]],
      [key[0], key[1] ^ 0x5eed],
    ];
  }

  has(family: number, w0: number, w1: number, w2: number, w3: number): boolean {
    const print = this.#prints[this.#place(family, w0, w1, w2, w3)];
    return print !== 0 && print === this.#print(family, w0, w1, w2, w3);
  }

  add(source: Address): void {
    const [w0, w1, w2, w3] = addressWords(source);
    const family = familyOf(source);
    this.#prints[this.#place(family, w0, w1, w2, w3)] = this.#print(family, w0, w1, w2, w3);
  }

  #place(family: number, w0: number, w1: number, w2: number, w3: number): number {
    const isV4 = family === 4;
    return keyedHash(this.#keys[0], family, w0, w1, isV4 ? w2 : 0, isV4 ? w3 : 0, 1) & this.#mask;
  }

  /** Never 0, which means an empty place. */
  #print(family: number, w0: number, w1: number, w2: number, w3: number): number {
    const isV4 = family === 4;
    return keyedHash(this.#keys[1], family, w0, w1, isV4 ? w2 : 0, isV4 ? w3 : 0, 2) || 1;
  }
}

import { type HashKey, keyedHash } from '../attempt/keyed-hash.ts';
import { addressWords, type Family, familyOf } from '../net/address.ts';
import { type Prefix, wordMask } from '../net/prefix.ts';

/** Words per slot: family and length (0: empty), and four words of the base. */
const SLOT = 5;
const LENGTH_SHIFT = 3;
const MIN_SLOTS = 16;

/** Makes this hash differ from those of other tables with the same key. */
const SET_WORD = 0xba2;

/**
 * A set of prefixes, each with a number, looked up by 32-bit words without allocating. A query costs one look-up per
 * different prefix length, and none without prefixes. BOUNDED: by the prefixes; at most half full.
 */
export class PrefixTable {
  readonly #key: HashKey;
  #slots = new Int32Array(MIN_SLOTS * SLOT);
  #values = new Float64Array(MIN_SLOTS);
  #mask = MIN_SLOTS - 1;
  #size = 0;
  /** The prefix lengths in use by family, the longest first. */
  readonly #lengths: Record<Family, number[]> = { 4: [], 6: [] };

  constructor(key: HashKey) {
    this.#key = key;
  }

  get size(): number {
    return this.#size;
  }

  clear(): void {
    this.#slots = new Int32Array(MIN_SLOTS * SLOT);
    this.#values = new Float64Array(MIN_SLOTS);
    this.#mask = MIN_SLOTS - 1;
    this.#size = 0;
    this.#lengths[4] = [];
    this.#lengths[6] = [];
  }

  put({ base, length }: Prefix, value: number): void {
    const family = familyOf(base);
    if (!this.#lengths[family].includes(length)) {
      this.#lengths[family] = [...this.#lengths[family], length].sort((a, b) => b - a);
    }
    if ((this.#size + 1) * 2 > this.#mask + 1) this.#grow();
    const [w0, w1, w2, w3] = addressWords(base);
    this.#put((length << LENGTH_SHIFT) | family, w0 | 0, w1 | 0, w2 | 0, w3 | 0, value);
  }

  /** The greatest number of the prefixes that include the address; -Infinity: none does. */
  greatest(family: Family, w0: number, w1: number, w2: number, w3: number): number {
    let greatest = Number.NEGATIVE_INFINITY;
    if (this.#size === 0) return greatest;
    for (const length of this.#lengths[family]) {
      const slot = this.#find(
        (length << LENGTH_SHIFT) | family,
        w0 & wordMask(family, length, 0),
        w1 & wordMask(family, length, 1),
        w2 & wordMask(family, length, 2),
        w3 & wordMask(family, length, 3),
      );
      if (this.#slots[slot * SLOT] !== 0) greatest = Math.max(greatest, this.#values[slot] as number);
    }
    return greatest;
  }

  #put(kind: number, w0: number, w1: number, w2: number, w3: number, value: number): void {
    const slot = this.#find(kind, w0, w1, w2, w3);
    const at = slot * SLOT;
    if (this.#slots[at] === 0) this.#size++;
    this.#slots[at] = kind;
    this.#slots[at + 1] = w0;
    this.#slots[at + 2] = w1;
    this.#slots[at + 3] = w2;
    this.#slots[at + 4] = w3;
    this.#values[slot] = value;
  }

  /** The slot of the prefix, or the empty slot for it. */
  #find(kind: number, w0: number, w1: number, w2: number, w3: number): number {
    const slots = this.#slots;
    let slot = keyedHash(this.#key, w0, w1, w2, w3, kind, SET_WORD);
    for (;;) {
      slot &= this.#mask;
      const at = slot * SLOT;
      if (slots[at] === 0) return slot;
      if (
        slots[at] === kind &&
        slots[at + 4] === w3 &&
        slots[at + 1] === w0 &&
        slots[at + 2] === w1 &&
        slots[at + 3] === w2
      ) {
        return slot;
      }
      slot++;
    }
  }

  #grow(): void {
    const slots = this.#slots;
    const values = this.#values;
    const count = (this.#mask + 1) * 2;
    this.#slots = new Int32Array(count * SLOT);
    this.#values = new Float64Array(count);
    this.#mask = count - 1;
    this.#size = 0;
    const word = (at: number): number => slots[at] as number;
    for (const [slot, value] of values.entries()) {
      const at = slot * SLOT;
      if (word(at) === 0) continue;
      this.#put(word(at), word(at + 1), word(at + 2), word(at + 3), word(at + 4), value);
    }
  }
}

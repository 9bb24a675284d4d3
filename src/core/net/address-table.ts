import { type Address, addressWords, familyOf } from './address.ts';

const STRIDE = 5;

/**
 * A set of addresses that is asked for 32-bit words, without a text or an object per question.
 * BOUNDED: by the addresses it was made of; a quarter full at most, so a question takes a probe or two.
 */
export class AddressTable {
  readonly size: number;
  /** Five words a slot: family (0 when empty) and the four address words. */
  readonly #slots: Uint32Array;
  readonly #mask: number;
  /** 127.0.0.0/8 is the host's own as a whole (RFC 1122 section 3.2.1.3). */
  readonly #loopback: boolean;

  constructor(addresses: Iterable<Address>, options: { readonly loopback: boolean }) {
    const unique = new Set(addresses);
    this.size = unique.size;
    const slots = 2 ** Math.ceil(Math.log2(Math.max(4, unique.size * 4)));
    this.#slots = new Uint32Array(slots * STRIDE);
    this.#mask = slots - 1;
    this.#loopback = options.loopback;
    for (const address of unique) this.#add(address);
  }

  has(family: number, w0: number, w1: number, w2: number, w3: number): boolean {
    if (this.#loopback && family === 4 && w3 >>> 24 === 127) return true;
    return this.#slots[this.#find(family, w0, w1, w2, w3)] !== 0;
  }

  #add(address: Address): void {
    const [w0, w1, w2, w3] = addressWords(address);
    const family = familyOf(address);
    this.#slots.set([family, w0, w1, w2, w3], this.#find(family, w0, w1, w2, w3));
  }

  /** The place of the address, or the empty one where it would stand. */
  #find(family: number, w0: number, w1: number, w2: number, w3: number): number {
    const slots = this.#slots;
    let slot = Math.imul(w0 ^ w1 ^ w2 ^ w3 ^ family, 0x9e3779b1) >>> 12;
    for (;;) {
      slot &= this.#mask;
      const at = slot * STRIDE;
      if (slots[at] === 0) return at;
      if (
        slots[at] === family &&
        slots[at + 1] === w0 &&
        slots[at + 2] === w1 &&
        slots[at + 3] === w2 &&
        slots[at + 4] === w3
      ) {
        return at;
      }
      slot++;
    }
  }
}

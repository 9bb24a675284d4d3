import { type Address, addressWords, familyOf } from './address.ts';

const STRIDE = 5;

/**
 * A set of addresses, looked up by 32-bit words without allocating. BOUNDED: by its addresses; at most a quarter full,
 * so a query takes one or two probes.
 */
export class AddressTable {
  readonly size: number;
  /** Five words per slot: family (0: empty) and four address words. */
  readonly #slots: Uint32Array;
  readonly #mask: number;
  /** All of 127.0.0.0/8 is the host's own (RFC 1122 section 3.2.1.3). */
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

  /** The slot of the address, or the empty slot for it. */
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

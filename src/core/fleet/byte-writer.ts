import { type Address, addressWords, familyOf } from '../net/address.ts';

/** Appends numbers, most significant byte first, and texts, to an array of bytes. */
export class ByteWriter {
  readonly #bytes: number[] = [];

  get length(): number {
    return this.#bytes.length;
  }

  /** A whole number below 256 ** `width`; at most 6 bytes. */
  number(value: number, width: number): void {
    for (let i = width - 1; i >= 0; i--) this.#bytes.push(Math.floor(value / 256 ** i) % 256);
  }

  /** Its length in a byte, and the bytes. */
  text(bytes: Uint8Array): void {
    this.number(bytes.length, 1);
    this.#bytes.push(...bytes);
  }

  hex(digits: string): void {
    for (let at = 0; at < digits.length; at += 2)
      this.#bytes.push(Number.parseInt(digits.slice(at, at + 2), 16));
  }

  /** Its family in a byte, 4 or 6, and its 4 or 16 bytes. */
  address(address: Address): void {
    const family = familyOf(address);
    this.number(family, 1);
    const words = addressWords(address);
    for (const word of family === 4 ? words.slice(3) : words) this.number(word, 4);
  }

  finish(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}

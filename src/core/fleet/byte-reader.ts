import { type Address, renderAddress } from '../net/address.ts';

/** Reads the output of a `ByteWriter`. Missing data sets `failed`, and every later value is 0 or empty. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #hasFailed = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get failed(): boolean {
    return this.#hasFailed;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  number(width: number): number {
    let value = 0;
    for (const byte of this.#take(width)) value = value * 256 + byte;
    return value;
  }

  text(): Uint8Array {
    return this.#take(this.number(1));
  }

  hex(width: number): string {
    return [...this.#take(width)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  }

  address(): Address | undefined {
    const family = this.number(1);
    if (family !== 4 && family !== 6) {
      this.#hasFailed = true;
      return undefined;
    }
    const before = family === 4 ? [0, 0, 0] : [this.number(4), this.number(4), this.number(4)];
    const [w0 = 0, w1 = 0, w2 = 0] = before;
    const last = this.number(4);
    return this.#hasFailed ? undefined : renderAddress(family, w0, w1, w2, last);
  }

  #take(length: number): Uint8Array {
    const end = this.#at + length;
    if (this.#hasFailed || end > this.#bytes.length) {
      this.#hasFailed = true;
      return new Uint8Array(0);
    }
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}

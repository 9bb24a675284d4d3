/** Reads SSH's wire format (RFC 4251, section 5). Missing data is `undefined`; a reader never throws. */
export class SshReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Whether all bytes have been read. */
  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  byte(): number | undefined {
    const byte = this.#bytes[this.#at];
    if (byte !== undefined) this.#at += 1;
    return byte;
  }

  uint32(): number | undefined {
    if (this.#at + 4 > this.#bytes.length) return undefined;
    let value = 0;
    for (let i = 0; i < 4; i++) value = value * 256 + (this.#bytes[this.#at + i] as number);
    this.#at += 4;
    return value;
  }

  /** A byte string: a view, not a copy. */
  string(): Uint8Array | undefined {
    const start = this.#at;
    const length = this.uint32();
    if (length === undefined || this.#at + length > this.#bytes.length) {
      this.#at = start;
      return undefined;
    }
    const value = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return value;
  }

  /** A string of printable ASCII only. */
  ascii(): string | undefined {
    const bytes = this.string();
    if (bytes === undefined || bytes.some((byte) => byte < 0x20 || byte > 0x7e)) return undefined;
    return String.fromCharCode(...bytes);
  }

  /**
   * A positive mpint in its shortest form, without its leading zero byte. Zero, negative numbers, longer forms and
   * numbers above `limit` bytes are refused.
   */
  positive(limit: number): Uint8Array | undefined {
    const bytes = this.string();
    if (bytes === undefined || bytes.length === 0 || bytes.length > limit + 1) return undefined;
    const [first = 0, second = 0] = bytes;
    if (first >= 0x80) return undefined;
    if (first !== 0) return bytes.length > limit ? undefined : bytes;
    return bytes.length === 1 || second < 0x80 ? undefined : bytes.subarray(1);
  }
}

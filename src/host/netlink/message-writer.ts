import { type Address, addressWords, familyOf } from '../../core/net/address.ts';

const HEADER_BYTES = 16;
const ATTRIBUTE_BYTES = 4;
/** At most this much is kept for the next messages. Longer ones get bytes of their own. */
const KEPT_BYTES = 4096;

/** Where a message or an attribute begins. */
export type Start = number;

/**
 * Writes netlink messages into bytes that are used again (linux/netlink.h): an opening must not wait for a hundred
 * small buffers. Each message and each attribute is begun, filled and ended.
 */
export class MessageWriter {
  readonly #kept = new DataView(new ArrayBuffer(KEPT_BYTES));
  readonly #encoder = new TextEncoder();
  #view = this.#kept;
  #length = 0;

  /** Starts anew. `room`: no less than the bytes that follow. */
  restart(room: number): void {
    this.#view = room <= KEPT_BYTES ? this.#kept : new DataView(new ArrayBuffer(room));
    this.#length = 0;
  }

  /** What has been written since the restart. It is good until the next one. */
  get bytes(): Uint8Array {
    return new Uint8Array(this.#view.buffer, 0, this.#length);
  }

  /** struct nlmsghdr: length u32, type u16, flags u16, sequence u32, port id u32; then the body. */
  begin(type: number, flags: number, sequence: number): Start {
    const start = this.#length;
    this.#view.setUint16(start + 4, type, true);
    this.#view.setUint16(start + 6, flags, true);
    this.#view.setUint32(start + 8, sequence, true);
    this.#view.setUint32(start + 12, 0, true);
    this.#length += HEADER_BYTES;
    return start;
  }

  end(start: Start): void {
    this.#view.setUint32(start, this.#length - start, true);
  }

  addFlags(start: Start, flags: number): void {
    this.#view.setUint16(start + 6, this.#view.getUint16(start + 6, true) | flags, true);
  }

  /** struct nlattr: length u16, type u16, value, padding to four bytes. */
  beginAttribute(type: number): Start {
    const start = this.#length;
    this.#view.setUint16(start + 2, type, true);
    this.#length += ATTRIBUTE_BYTES;
    return start;
  }

  endAttribute(start: Start): void {
    this.#view.setUint16(start, this.#length - start, true);
    while (this.#length % 4 !== 0) this.byte(0);
  }

  /** A whole attribute with one value of 32 bits. */
  wordAttribute(type: number, value: number, isBigEndian: boolean): void {
    const start = this.beginAttribute(type);
    this.#view.setUint32(this.#length, value, !isBigEndian);
    this.#length += 4;
    this.endAttribute(start);
  }

  byte(value: number): void {
    this.#view.setUint8(this.#length, value);
    this.#length += 1;
  }

  bigEndian(word: number): void {
    this.#view.setUint32(this.#length, word);
    this.#length += 4;
  }

  /** 4 or 16 bytes, in network byte order. */
  address(address: Address): void {
    const words = addressWords(address);
    for (let i = familyOf(address) === 4 ? 3 : 0; i < 4; i++) this.bigEndian(words[i] as number);
  }

  /** UTF-8, with the zero that ends it in C. */
  text(text: string): void {
    for (const byte of this.#encoder.encode(text)) this.byte(byte);
    this.byte(0);
  }
}

import type { ByteOrder } from '../../src/core/packet/byte-order.ts';
import type { CaptureDamage, CapturedPacket } from '../../src/core/packet/capture-record.ts';

/** Bytes written as hexadecimal digits; white space is for the reader. */
export function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'));
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

/** The numbers as 32-bit words. */
export function words(order: ByteOrder, ...values: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * 4));
  for (const [i, value] of values.entries()) view.setUint32(i * 4, value, order === 'little');
  return new Uint8Array(view.buffer);
}

export function halves(order: ByteOrder, ...values: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * 2));
  for (const [i, value] of values.entries()) view.setUint16(i * 2, value, order === 'little');
  return new Uint8Array(view.buffer);
}

export function pcapHeader(order: ByteOrder, magic = 0xa1b2c3d4, linkType = 1): Uint8Array {
  return concat(words(order, magic), halves(order, 2, 4), words(order, 0, 0, 65_535, linkType));
}

export function pcapRecord(
  order: ByteOrder,
  seconds: number,
  fraction: number,
  bytes: Uint8Array,
): Uint8Array {
  return concat(words(order, seconds, fraction, bytes.length, bytes.length), bytes);
}

/** A pcapng block with both lengths; the body must be a multiple of 4 bytes. */
export function block(order: ByteOrder, type: number, ...body: readonly Uint8Array[]): Uint8Array {
  const inside = concat(...body);
  return concat(words(order, type, inside.length + 12), inside, words(order, inside.length + 12));
}

export function sectionBlock(order: ByteOrder): Uint8Array {
  const length = words(order, 0xffff_ffff, 0xffff_ffff);
  return block(order, 0x0a0d0d0a, words(order, 0x1a2b3c4d), halves(order, 1, 0), length);
}

export function option(order: ByteOrder, code: number, value: Uint8Array): Uint8Array {
  return concat(halves(order, code, value.length), padded(value));
}

export function interfaceBlock(
  order: ByteOrder,
  linkType: number,
  snapLength: number,
  ...options: readonly Uint8Array[]
): Uint8Array {
  return block(order, 1, halves(order, linkType, 0), words(order, snapLength), ...options);
}

export function enhancedBlock(order: ByteOrder, id: number, time: bigint, bytes: Uint8Array): Uint8Array {
  const stamp = words(order, Number(time >> 32n), Number(time & 0xffff_ffffn));
  return block(order, 6, words(order, id), stamp, words(order, bytes.length, bytes.length), padded(bytes));
}

export function padded(bytes: Uint8Array): Uint8Array {
  return concat(bytes, new Uint8Array((4 - (bytes.length % 4)) % 4));
}

/** What a reader said, in a form that reads well beside an expectation. */
export function summary(items: Iterable<CapturedPacket | CaptureDamage>): string[] {
  return [...items].map((item) => {
    if (item.kind === 'damaged') return `damaged at ${item.offset}: ${item.reason}`;
    const { time, nanoseconds, linkType, bytes, interfaceName } = item;
    const name = interfaceName === undefined ? '' : ` ${interfaceName}`;
    const date = new Date(time);
    // A damaged file may hold a time that no date can show.
    const second = Number.isNaN(date.getTime()) ? `${time} ms` : date.toISOString().slice(0, 19);
    const fraction = String(nanoseconds).padStart(9, '0');
    return `${second}.${fraction} link ${linkType}${name} ${Buffer.from(bytes).toString('hex')}`;
  });
}

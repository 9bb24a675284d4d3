import { type Instant, instant } from '../net/time.ts';

/** One packet of a capture file, its link-layer header included. */
export type CapturedPacket = {
  readonly kind: 'packet';
  /** Since 1970 by the file's clock. A double holds the milliseconds of today to a quarter of a microsecond. */
  readonly time: Instant;
  /** The part of `time` below a second, as exact as the file has it. */
  readonly nanoseconds: number;
  /** A number of `LINK_TYPE`, or one that cannot be read. */
  readonly linkType: number;
  /** A part of the bytes that the reader was given, not a copy. */
  readonly bytes: Uint8Array;
  readonly interfaceName?: string;
};

/** The file cannot be read beyond `offset`. What came before is good. */
export type CaptureDamage = {
  readonly kind: 'damaged';
  readonly offset: number;
  readonly reason: string;
};

/** What one record is. Lengths are in bytes and count from the record's beginning. */
export type CaptureStep =
  | { readonly kind: 'packet'; readonly length: number; readonly packet: CapturedPacket }
  | { readonly kind: 'skipped'; readonly length: number }
  | { readonly kind: 'short'; readonly needed: number }
  | { readonly kind: 'broken'; readonly reason: string };

/** Reads a file's records one after another: each `read` is given the bytes right behind the record before. */
export interface CaptureReader {
  /** `short`: not decided until `needed` bytes from `at` on are there. Never throws, whatever the bytes. */
  read(bytes: Uint8Array, at: number): CaptureStep;
}

/** BOUNDED: by libpcap's MAXIMUM_SNAPLEN; a longer packet is a lie of its length field. */
export const MAX_CAPTURED_LENGTH = 262_144;

/** BOUNDED: pcapng blocks, as libpcap and Wireshark bound them; a longer one ends the file as damaged. */
export const MAX_BLOCK_LENGTH = 16 * 1024 * 1024;

export function capturedPacket(
  seconds: number,
  nanoseconds: number,
  linkType: number,
  bytes: Uint8Array,
  interfaceName?: string,
): CapturedPacket {
  const time = instant(seconds * 1000 + nanoseconds / 1_000_000);
  const packet = { kind: 'packet', time, nanoseconds, linkType, bytes } as const;
  return interfaceName === undefined ? packet : { ...packet, interfaceName };
}

export const broken = (reason: string): CaptureStep => ({ kind: 'broken', reason });

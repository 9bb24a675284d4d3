import { type Instant, instant } from '../net/time.ts';

/** A packet of a capture file, with its link-layer header. */
export type CapturedPacket = {
  readonly kind: 'packet';
  /** Since 1970 by the file's clock. A double holds today's milliseconds to a quarter of a microsecond. */
  readonly time: Instant;
  /** The part of `time` below a second, with the file's full precision. */
  readonly nanoseconds: number;
  /** A number of `LINK_TYPE`, or an unsupported one. */
  readonly linkType: number;
  /** A view of the reader's bytes, not a copy. */
  readonly bytes: Uint8Array;
  readonly interfaceName?: string;
};

/** The file cannot be read beyond `offset`. Everything before is valid. */
export type CaptureDamage = {
  readonly kind: 'damaged';
  readonly offset: number;
  readonly reason: string;
};

/** The kind of a record. Lengths are in bytes and count from the record's beginning. */
export type CaptureStep =
  | { readonly kind: 'packet'; readonly length: number; readonly packet: CapturedPacket }
  | { readonly kind: 'skipped'; readonly length: number }
  | { readonly kind: 'short'; readonly needed: number }
  | { readonly kind: 'broken'; readonly reason: string };

/** Reads a file's records in sequence: each `read` gets the bytes directly after the previous record. */
export interface CaptureReader {
  /** `short`: undecided until `needed` bytes from `at` on are available. Never throws, whatever the bytes. */
  read(bytes: Uint8Array, at: number): CaptureStep;
}

/** BOUNDED: libpcap's MAXIMUM_SNAPLEN; a longer length field is invalid. */
export const MAX_CAPTURED_LENGTH = 262_144;

/** BOUNDED: pcapng blocks, as in libpcap and Wireshark; a longer one counts as damage. */
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

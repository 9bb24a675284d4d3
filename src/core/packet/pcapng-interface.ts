import { type ByteOrder, read16, read32 } from './byte-order.ts';

/** The content of an Interface Description Block (draft-ietf-opsawg-pcapng section 4.2). */
export type PcapngInterface = {
  readonly linkType: number;
  /** Bytes kept of a packet, 0 for all. */
  readonly snapLength: number;
  /** Unit of the time stamps … */
  readonly unitsPerSecond: bigint;
  /** … which count from this many seconds after 1970. */
  readonly offsetSeconds: number;
  readonly name?: string;
};

// Option codes of section 3.5 and 4.2.
const END_OF_OPTIONS = 0;
const IF_NAME = 2;
const IF_TSRESOL = 9;
const IF_TSOFFSET = 14;

const MICROSECONDS = 1_000_000n;

const utf8 = new TextDecoder();

/** Reads the block's body, `bytes[start..end)`; a string says what is wrong with it. */
export function readInterface(
  bytes: Uint8Array,
  start: number,
  end: number,
  order: ByteOrder,
): PcapngInterface | string {
  if (end - start < 8) return 'an interface description is too short';
  let unitsPerSecond = MICROSECONDS;
  let offsetSeconds = 0;
  let name: string | undefined;
  for (let at = start + 8; at + 4 <= end; ) {
    const code = read16(bytes, at, order);
    const length = read16(bytes, at + 2, order);
    const value = at + 4;
    if (code === END_OF_OPTIONS) break;
    if (value + length > end) return 'an option of an interface description is longer than its block';
    if (code === IF_NAME) name = readName(bytes.subarray(value, value + length));
    if (code === IF_TSRESOL) {
      if (length !== 1) return `an if_tsresol option has ${length} bytes in place of 1`;
      unitsPerSecond = readResolution(bytes[value] as number);
    }
    if (code === IF_TSOFFSET) {
      if (length !== 8) return `an if_tsoffset option has ${length} bytes in place of 8`;
      offsetSeconds = readSigned64(bytes, value, order);
    }
    // Values are padded to 4 bytes.
    at = value + ((length + 3) & ~3);
  }
  const linkType = read16(bytes, start, order);
  const snapLength = read32(bytes, start + 4, order);
  const all = { linkType, snapLength, unitsPerSecond, offsetSeconds };
  return name === undefined ? all : { ...all, name };
}

/** A power of ten, or of two if the highest bit is set. */
function readResolution(value: number): bigint {
  const exponent = BigInt(value & 0x7f);
  return (value & 0x80) === 0 ? 10n ** exponent : 2n ** exponent;
}

function readSigned64(bytes: Uint8Array, at: number, order: ByteOrder): number {
  const high = read32(bytes, order === 'little' ? at + 4 : at, order) | 0;
  const low = read32(bytes, order === 'little' ? at : at + 4, order);
  return high * 2 ** 32 + low;
}

/** The name is written to log lines, so control characters are removed. */
function readName(bytes: Uint8Array): string | undefined {
  const text = utf8.decode(bytes).replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '?');
  return text === '' ? undefined : text;
}

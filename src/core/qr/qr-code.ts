import { QrMatrix } from './qr-matrix.ts';
import { errorCorrection } from './reed-solomon.ts';

/** ISO/IEC 18004:2015, table 9, for the error correction level M: how the codewords of a version are divided. */
type Blocks = {
  /** Error correction codewords of each block. */
  readonly correction: number;
  /** Data codewords of each block. */
  readonly data: readonly number[];
};

const VERSIONS: readonly Blocks[] = [
  { correction: 10, data: [16] },
  { correction: 16, data: [28] },
  { correction: 26, data: [44] },
  { correction: 18, data: [32, 32] },
  { correction: 24, data: [43, 43] },
  { correction: 16, data: [27, 27, 27, 27] },
  { correction: 18, data: [31, 31, 31, 31] },
  { correction: 22, data: [38, 38, 39, 39] },
  { correction: 22, data: [36, 36, 36, 37, 37] },
  { correction: 26, data: [43, 43, 43, 43, 44] },
];

/** Table 2: the mode of bytes; table 3: the length of the text takes 8 bits up to version 9, then 16. */
const BYTE_MODE = 0b0100;
const LONG_COUNT_FROM = 10;

/** Section 7.4.10. */
const PADDING = [0xec, 0x11] as const;

/** The most bytes that `qrCode` takes. */
export const MAX_QR_BYTES = 213;

/** The modules of a QR code of these bytes, row by row, dark ones true, without the quiet zone of four around it. */
export function qrCode(bytes: Uint8Array): readonly (readonly boolean[])[] {
  const index = VERSIONS.findIndex((blocks, i) => headBits(i + 1) + bytes.length * 8 <= capacity(blocks) * 8);
  const blocks = VERSIONS[index];
  if (blocks === undefined)
    throw new RangeError(`${bytes.length} bytes are more than a QR code of version 10 has`);
  const codewords = interleave(blocks, encode(bytes, index + 1, capacity(blocks)));
  const candidates = [0, 1, 2, 3, 4, 5, 6, 7].map((mask) => new QrMatrix(index + 1, codewords, mask));
  return candidates.reduce((best, one) => (one.penalty < best.penalty ? one : best)).rows;
}

const headBits = (version: number): number => 4 + (version < LONG_COUNT_FROM ? 8 : 16);

const capacity = ({ data }: Blocks): number => data.reduce((sum, length) => sum + length, 0);

/** Mode, length, text, terminator and padding. */
function encode(bytes: Uint8Array, version: number, length: number): Uint8Array {
  const bits: number[] = [];
  const push = (value: number, count: number): void => {
    for (let bit = count - 1; bit >= 0; bit--) bits.push((value >>> bit) & 1);
  };
  push(BYTE_MODE, 4);
  push(bytes.length, version < LONG_COUNT_FROM ? 8 : 16);
  for (const byte of bytes) push(byte, 8);
  push(0, Math.min(4, length * 8 - bits.length));
  push(0, (8 - (bits.length % 8)) % 8);
  for (let i = 0; bits.length < length * 8; i++) push(PADDING[i % 2] as number, 8);
  return Uint8Array.from({ length }, (_, i) => Number.parseInt(bits.slice(i * 8, i * 8 + 8).join(''), 2));
}

/** Section 7.6: a codeword of each block in turn, first of data, then of correction. */
function interleave({ correction, data }: Blocks, codewords: Uint8Array): readonly number[] {
  let from = 0;
  const blocks = data.map((length) => {
    const block = codewords.subarray(from, from + length);
    from += length;
    return block;
  });
  const corrections = blocks.map((block) => errorCorrection(block, correction));
  return [...inTurn(blocks), ...inTurn(corrections)];
}

function inTurn(blocks: readonly Uint8Array[]): number[] {
  const longest = Math.max(...blocks.map(({ length }) => length));
  return Array.from({ length: longest }, (_, i) => blocks.flatMap((block) => block[i] ?? [])).flat();
}

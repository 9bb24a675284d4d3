import { firstInvalidUtf8 } from './utf8.ts';
import type { Word } from './word.ts';

/** A text as lines without their newline. A carriage return before it stays, as white space. Never empty. */
export type TextLines = {
  readonly lines: readonly string[];
  /** The first byte of each line that is not UTF-8, in order. `lines` has U+FFFD in its place. */
  readonly invalid: readonly InvalidByte[];
};

export type InvalidByte = { readonly byte: number; readonly at: Word };

const NEWLINE = 0x0a;

/** The lines of a UTF-8 file, with or without a byte order mark. */
export function splitLines(bytes: Uint8Array): TextLines {
  const body = bytes.subarray(byteOrderMarkLength(bytes));
  return { lines: decode(body).split('\n'), invalid: invalidBytes(body) };
}

function invalidBytes(body: Uint8Array): readonly InvalidByte[] {
  const found: InvalidByte[] = [];
  let counted = 0;
  let line = 1;
  for (let from = 0; from < body.length; ) {
    const first = firstInvalidUtf8(body.subarray(from));
    if (first === undefined) break;
    const index = from + first;
    const start = body.lastIndexOf(NEWLINE, index) + 1;
    for (; counted < start; counted++) if (body[counted] === NEWLINE) line++;
    const offset = decode(body.subarray(start, index)).length;
    found.push({ byte: body[index] ?? 0, at: { text: '', line, offset } });
    const end = body.indexOf(NEWLINE, index);
    from = end < 0 ? body.length : end + 1;
  }
  return found;
}

/** Length of the byte order mark at the start of a UTF-8 file: 3, or 0 without one. */
export function byteOrderMarkLength(bytes: Uint8Array): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}

/** Whether the file begins with a UTF-16 byte order mark, in either order. */
export function isUtf16(bytes: Uint8Array): boolean {
  return (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

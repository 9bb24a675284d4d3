import { splitLines } from '../../text/split-lines.ts';

/** A change of a text by lines, which count from 1. `insert`: after line `after`; 0: at the beginning. */
export type LineEdit =
  | { readonly kind: 'replace'; readonly line: number; readonly text: string }
  | { readonly kind: 'insert'; readonly after: number; readonly text: string }
  | { readonly kind: 'delete'; readonly line: number };

/**
 * The text with all edits applied. All other lines, including comments and line ends, stay unchanged. Inserted lines
 * end like the first line.
 */
export function editLines(bytes: Uint8Array, edits: readonly LineEdit[]): Uint8Array {
  if (edits.length === 0) return bytes;
  const { lines } = splitLines(bytes);
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  const end = lines.length > 1 && lines[0]?.endsWith('\r') === true ? '\r' : '';
  const made: string[] = [];
  const insert = (after: number): void => {
    for (const edit of edits)
      if (edit.kind === 'insert' && edit.after === after)
        made.push(...edit.text.split('\n').map((line) => line + end));
  };
  insert(0);
  for (const [index, line] of lines.entries()) {
    const change = edits.find((edit) => edit.kind !== 'insert' && edit.line === index + 1);
    if (change === undefined) made.push(line);
    else if (change.kind === 'replace') made.push(change.text + end);
    insert(index + 1);
  }
  const text = made.join('\n');
  const whole = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  return new TextEncoder().encode(hasMark ? `\ufeff${whole}` : whole);
}

/** A line's leading blanks. */
export const indentOf = (line: string | undefined): string => /^[ \t]*/.exec(line ?? '')?.[0] ?? '';

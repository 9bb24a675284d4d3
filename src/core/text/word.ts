/** A part of a line and its place: `line` counts from 1, `offset` in UTF-16 units from 0. */
export type Word = { readonly text: string; readonly line: number; readonly offset: number };

/** White space of isspace(3) in the C locale: knockd trims exactly these. */
const WHITE = ' \t\n\v\f\r';

export function sliceWord(word: Word, start: number, end = word.text.length): Word {
  return { text: word.text.slice(start, end), line: word.line, offset: word.offset + start };
}

export function trimWord(word: Word): Word {
  const { text } = word;
  let start = 0;
  let end = text.length;
  while (start < end && WHITE.includes(text.charAt(start))) start++;
  while (end > start && WHITE.includes(text.charAt(end - 1))) end--;
  return sliceWord(word, start, end);
}

/** The trimmed parts between separators, at most `limit`. */
export function splitWord(word: Word, separator: string, limit = Number.POSITIVE_INFINITY): Word[] {
  const pieces: Word[] = [];
  let start = 0;
  while (pieces.length < limit) {
    const end = word.text.indexOf(separator, start);
    pieces.push(trimWord(sliceWord(word, start, end < 0 ? undefined : end)));
    if (end < 0) break;
    start = end + separator.length;
  }
  return pieces;
}

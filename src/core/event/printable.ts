/**
 * Control characters, line and paragraph separators, bidirectional marks, invisible characters, and unpaired
 * surrogates. None of them may reach a log or a terminal from a packet, a program or a name server. The joiners
 * (U+200C, U+200D) belong to normal text and stay.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]|(?![\u200c\u200d])\p{Cf}/gu;

/** BOUNDED: length of a log line in UTF-16 units. A longer one is cut, and its length appended. */
const MAX_LINE = 8192;

/** `text` with every character that could forge a line replaced by its code. */
export function printable(text: string): string {
  return text.replace(
    UNPRINTABLE,
    (character) => `\\u{${(character.codePointAt(0) as number).toString(16)}}`,
  );
}

/** `value` as JSON with such characters escaped: it is the same value. */
export function printableJson(value: unknown): string {
  const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(value).replace(UNPRINTABLE, (character) =>
    // Per UTF-16 unit.
    Array.from({ length: character.length }, (_, at) => escaped(character[at] as string)).join(''),
  );
}

/** `printable`, cut to the maximum length of a line. */
export function printableLine(text: string): string {
  const line = printable(text.slice(0, MAX_LINE));
  if (text.length <= MAX_LINE && line.length <= MAX_LINE) return line;
  // Do not cut a surrogate pair in half.
  const shown = line.slice(0, MAX_LINE).replace(/[\ud800-\udbff]$/, '');
  return `${shown}... (${text.length} characters, the first are shown)`;
}

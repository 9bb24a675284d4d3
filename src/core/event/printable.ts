/**
 * Control characters, line and paragraph separators, marks that turn the direction of writing or are not seen at all,
 * and halves of characters: none of them may reach a log or a terminal from what a packet, a program or a name server
 * says. The joiners of letters and pictures (U+200C, U+200D) are a part of writing and stay.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]|(?![\u200c\u200d])\p{Cf}/gu;

/** BOUNDED: a line of the log, in UTF-16 units; of a longer one the beginning is written, and how long it is. */
const MAX_LINE = 8192;

/** `text` with every character that could forge a line shown as its code. */
export function printable(text: string): string {
  return text.replace(
    UNPRINTABLE,
    (character) => `\\u{${(character.codePointAt(0) as number).toString(16)}}`,
  );
}

/** `value` as JSON, with such characters in their escaped form: it is the same value. */
export function printableJson(value: unknown): string {
  const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(value).replace(UNPRINTABLE, (character) =>
    // By UTF-16 units.
    Array.from({ length: character.length }, (_, at) => escaped(character[at] as string)).join(''),
  );
}

/** `printable`, and no longer than a line may be. */
export function printableLine(text: string): string {
  const line = printable(text.slice(0, MAX_LINE));
  if (text.length <= MAX_LINE && line.length <= MAX_LINE) return line;
  // The first half of a character alone is none.
  const shown = line.slice(0, MAX_LINE).replace(/[\ud800-\udbff]$/, '');
  return `${shown}... (${text.length} characters, the first are shown)`;
}

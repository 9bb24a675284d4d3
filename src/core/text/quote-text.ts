/** Characters of foreign text shown in a message; longer text ends in "...". */
const SHOWN = 60;

/** Text from a file for a message: short, on one line, without anything that a terminal would interpret or hide. */
export function escapeText(text: string): string {
  return escapeCodes(text.length > SHOWN ? `${text.slice(0, SHOWN)}...` : text);
}

/** The same with any length. */
export function escapeCodes(text: string): string {
  return text.replace(/[\p{C}\p{Z}]/gu, (character) =>
    character === ' ' ? ' ' : `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}

export function quoteText(text: string): string {
  return `"${escapeText(text)}"`;
}

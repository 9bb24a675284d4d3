/**
 * Control characters, line and paragraph separators, and marks that turn the direction of writing: none of them
 * may reach a log or a terminal from what a packet, a program or a name server says.
 */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

/** `text` with every character that could forge a line shown as its code. */
export function printable(text: string): string {
  return text.replace(
    UNPRINTABLE,
    (character) => `\\u{${(character.codePointAt(0) as number).toString(16)}}`,
  );
}

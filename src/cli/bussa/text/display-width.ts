import { eastAsianWidth } from 'get-east-asian-width';

/** Marks that stand on the letter before them, and what is not seen. */
const NO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}]$/u;

const ASCII = /^[\x20-\x7e]*$/;

/** Columns that the text takes on a terminal: a character of East Asia takes two, a mark on a letter none. */
export function displayWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const character of text) {
    if (!NO_WIDTH.test(character)) width += eastAsianWidth(character.codePointAt(0) ?? 0);
  }
  return width;
}

import { eastAsianWidth } from 'get-east-asian-width';

/** Combining marks, and characters without width. */
const NO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}]$/u;

const ASCII = /^[\x20-\x7e]*$/;

/** Terminal columns of the text: an East Asian character takes two, a combining mark none. */
export function displayWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const character of text) {
    if (!NO_WIDTH.test(character)) width += eastAsianWidth(character.codePointAt(0) ?? 0);
  }
  return width;
}

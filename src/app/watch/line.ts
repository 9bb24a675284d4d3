import { printable } from '../../core/event/printable.ts';

export type LineStyle = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** A piece of a line in one colour. */
export type Span = { readonly text: string; readonly style?: LineStyle };

export type Line = readonly Span[];

export const span = (text: string, style?: LineStyle): Span =>
  style === undefined ? { text } : { text, style };

/** `text` in `width` columns; longer text ends in three dots. Control characters are escaped. */
export function fitText(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const characters = [...printable(text)];
  const shown =
    characters.length <= width
      ? characters.join('')
      : `${characters.slice(0, Math.max(0, width - 1)).join('')}…`;
  const blanks = ' '.repeat(Math.max(0, width - [...shown].length));
  return align === 'left' ? shown + blanks : blanks + shown;
}

/** The line in colours, no wider than `width`. */
export function renderLine(
  line: Line,
  width: number,
  paint: (style: LineStyle, text: string) => string,
): string {
  let left = width;
  let rendered = '';
  for (const { text, style } of line) {
    const shown = [...printable(text)].slice(0, left);
    left -= shown.length;
    rendered += style === undefined ? shown.join('') : paint(style, shown.join(''));
  }
  return rendered;
}

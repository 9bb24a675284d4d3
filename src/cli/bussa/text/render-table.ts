import { printable } from '../../../core/event/printable.ts';
import type { Style } from '../../arguments/verb.ts';
import { displayWidth } from './display-width.ts';

export type Column = {
  /** '' for none. */
  readonly title: string;
  readonly align?: 'right';
  readonly style?: Style;
};

type Paint = (style: Style, text: string) => string;

/** Columns separated by two blanks. Control characters in cells are escaped. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  paint: Paint,
): string[] {
  const cells = rows.map((row) => row.map(printable));
  const widths = columns.map(({ title }, at) =>
    cells.reduce((width, row) => Math.max(width, displayWidth(row[at] ?? '')), displayWidth(title)),
  );
  const line = (row: readonly string[], painted: (cell: string, at: number) => string): string =>
    row
      .map((cell, at) => {
        const blanks = ' '.repeat((widths[at] ?? 0) - displayWidth(cell));
        if (columns[at]?.align === 'right') return blanks + painted(cell, at);
        return painted(cell, at) + (at === columns.length - 1 ? '' : blanks);
      })
      .join('  ')
      .trimEnd();
  const titles = columns.map(({ title }) => title);
  const paintCell = (cell: string, at: number): string => {
    const style = columns[at]?.style;
    return style === undefined ? cell : paint(style, cell);
  };
  const head = titles.some(Boolean)
    ? [line(titles, (title) => (title === '' ? '' : paint('dim', title)))]
    : [];
  return [...head, ...cells.map((row) => line(row, paintCell))];
}

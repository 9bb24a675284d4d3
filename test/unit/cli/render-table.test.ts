import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { renderTable } from '../../../src/cli/bussa/text/render-table.ts';

const COLUMNS = [{ title: 'DOOR' }, { title: 'LEFT', align: 'right' }, { title: 'OPEN' }] as const;
const plain = (_style: string, text: string): string => text;

/** Columns before the last cell, as a terminal counts them: wide characters are told by hand. */
const WIDTHS: Readonly<Record<string, number>> = {
  ssh: 3,
  玄関: 4,
  Tür: 3,
  'Tu\u0308r': 3,
  ｆｕｌｌ: 8,
  한글: 4,
  '🚪': 2,
};

describe('a table on a terminal', () => {
  test('its columns stand one below the other, whatever is in them', () => {
    const names = Object.keys(WIDTHS);
    const [head = '', ...lines] = renderTable(
      COLUMNS,
      names.map((name) => [name, '9s', 'tcp/22']),
      plain,
    );
    const widest = Math.max(...Object.values(WIDTHS));
    assert.equal(head.indexOf('OPEN'), widest + 2 + 'LEFT'.length + 2);
    for (const [at, name] of names.entries()) {
      const blanks = widest - (WIDTHS[name] ?? 0);
      assert.equal(lines[at], `${name}${' '.repeat(blanks)}    9s  tcp/22`);
    }
  });
});

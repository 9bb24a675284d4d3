import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseLength } from '../../../src/cli/arguments/parse-length.ts';
import { parseMoment } from '../../../src/cli/arguments/parse-moment.ts';
import { renderTable } from '../../../src/cli/bussa/text/render-table.ts';
import { renderLength } from '../../../src/cli/bussa/text/render-time.ts';

const NOW = new Date(2026, 10, 22, 23, 30, 44);
const at = (...parts: [number, number, number, number?, number?, number?]): number =>
  new Date(...parts).getTime();

describe('moments and lengths as an operator writes them', () => {
  const moments: readonly (readonly [text: string, moment: number])[] = [
    ['now', NOW.getTime()],
    ['today', at(2026, 10, 22)],
    ['Yesterday', at(2026, 10, 21)],
    ['2h', at(2026, 10, 22, 21, 30, 44)],
    ['90m ago', at(2026, 10, 22, 22, 0, 44)],
    ['2026-11-01', at(2026, 10, 1)],
    ['2026-11-01 14:30', at(2026, 10, 1, 14, 30)],
    ['2026-02-28T23:59:59', at(2026, 1, 28, 23, 59, 59)],
  ];
  for (const [text, moment] of moments) {
    test(text, () => assert.equal(parseMoment(text, 'since', NOW), moment));
  }
  for (const text of [
    '',
    'soon',
    '2026-13-01',
    '2026-02-29',
    '2026-11-01 24:00',
    '2026-11-1',
    '-2h',
    '1e3',
  ]) {
    test(`${text}: a mistake`, () =>
      assert.throws(() => parseMoment(text, 'since', NOW), /bad time .* for --since/));
  }

  test('lengths', () => {
    assert.deepEqual(
      ['60', '90s', '10m', '2H', '1d'].map((text) => parseLength(text, 'for')),
      [60_000, 90_000, 600_000, 7_200_000, 86_400_000],
    );
    for (const text of ['0', '', '1.5h', '10 m', '2147483648']) {
      assert.throws(() => parseLength(text, 'for'), /bad length of time/);
    }
    const rendered = [0, 400, 59_600, 3_600_000, 86_400_000 + 7000, 90_061_000].map(renderLength);
    assert.deepEqual(rendered, ['0s', '0s', '1m', '1h', '1d', '1d 1h']);
  });

  test('a table keeps its columns, and what stands in it its line', () => {
    const lines = renderTable(
      [{ title: 'A' }, { title: 'N', align: 'right' }, { title: '' }],
      [
        ['x\u001b[2J\n', '7', 'end'],
        ['y', '100', ''],
      ],
      (_, text) => text,
    );
    assert.deepEqual(lines, ['A                  N', 'x\\u{1b}[2J\\u{a}    7  end', 'y                100']);
  });
});

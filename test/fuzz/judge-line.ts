import assert from 'node:assert/strict';

/** What could begin a line, move a cursor, turn the direction of writing, hide, or is no text at all; joiners are text. */
const FORGES = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]|(?![\u200c\u200d])\p{Cf}/u;

/** BOUNDED: a line of the log, in UTF-16 units, as `docs/architecture.md` states it, with the remark at its end. */
const MAX_LINE = 8300;

/** A line that goes to a log or a terminal as it is. */
export function judgeLine(line: string): void {
  judgeCharacters(line);
  assert.ok(line.length <= MAX_LINE, `a line of ${line.length} characters`);
}

export function judgeCharacters(text: string): void {
  assert.ok(!FORGES.test(text), `not printable: ${JSON.stringify(text.slice(0, 200))}`);
}

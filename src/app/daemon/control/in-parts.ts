import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Rows, RowsVerb } from '../../../core/control/contract.ts';
import { renderPart } from '../../../core/control/parse-answer.ts';
import type { ControlReply } from '../../../host/control/control-server.ts';

/** Rows that are written between two turns of the daemon's loop: well below a millisecond of work, and 100 kB. */
const ROWS_AT_ONCE = 256;

/**
 * A long answer as lines; `more` is false in the last, and only there. Packets, timers and other clients have their turn
 * after each, and the next is made when the client has taken the last.
 */
export async function* inParts<V extends RowsVerb>(
  verb: V,
  rows: Iterable<Rows[V]> | AsyncIterable<Rows[V]>,
): AsyncGenerator<ControlReply> {
  let part: Rows[V][] = [];
  for await (const row of rows) {
    part.push(row);
    if (part.length < ROWS_AT_ONCE) continue;
    yield renderPart(verb, { rows: part, more: true });
    part = [];
    await nextTurn();
  }
  yield renderPart(verb, { rows: part, more: false });
}

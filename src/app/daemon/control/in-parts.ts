import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Rows, RowsVerb } from '../../../core/control/contract.ts';
import { renderPart } from '../../../core/control/parse-answer.ts';
import type { ControlReply } from '../../../host/control/control-server.ts';

/** Rows written per turn of the event loop: well below 1 ms of work, and 100 kB. */
const ROWS_AT_ONCE = 256;

/**
 * Splits a long answer into lines. `more` is false only in the last one. Packets, timers and other clients run between
 * lines. The next line is made when the client has read the last one.
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

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ControlReply } from '../../../host/control/control-server.ts';

/** Rows that are written between two turns of the daemon's loop: well below a millisecond of work, and 100 kB. */
const ROWS = 256;

/**
 * A long answer as lines of `{ok, [name]: rows, more}`; `more` is false in the last, and only there. Packets, timers and
 * other clients have their turn after each, and the next is made when the client has taken the last.
 */
export async function* inParts<T>(
  name: string,
  rows: Iterable<T> | AsyncIterable<T>,
): AsyncGenerator<ControlReply> {
  let part: T[] = [];
  for await (const row of rows) {
    part.push(row);
    if (part.length < ROWS) continue;
    yield { ok: true, [name]: part, more: true };
    part = [];
    await nextTurn();
  }
  yield { ok: true, [name]: part, more: false };
}

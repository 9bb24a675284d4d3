import { setImmediate as nextTurn } from 'node:timers/promises';
import { ADDRESS, COUNT, MOMENT, readRequest, TEXT } from '../../../core/control/read-request.ts';
import type { LeaseStore, PastFilter, PastLease } from '../../../host/store/lease-store.ts';
import type { ControlVerbs } from './control.ts';
import { inParts } from './in-parts.ts';

/**
 * `history {door?, ip?, since?, until?, limit?}`: parts of `{history: PastLease[]}`, the latest first; moments are
 * milliseconds of the clock of day.
 */
export function historyVerb(store: LeaseStore): ControlVerbs {
  return {
    history: (request) => {
      const shape = { door: TEXT, ip: ADDRESS, since: MOMENT, until: MOMENT, limit: COUNT };
      const { ip, limit, ...choice } = readRequest(request, shape);
      return inParts(
        'history',
        pastLeases(store, { ...choice, ...(ip === undefined ? {} : { source: ip }) }, limit),
      );
    },
  };
}

/** The latest first, with a turn of the loop for others after each look at the database. */
export async function* pastLeases(
  store: LeaseStore,
  choice: PastFilter,
  limit = Number.POSITIVE_INFINITY,
): AsyncGenerator<PastLease> {
  let left = limit;
  let from: number | undefined;
  do {
    const piece = store.past(choice, from);
    for (const lease of piece.leases) {
      yield lease;
      left -= 1;
      if (left <= 0) return;
    }
    from = piece.next;
    await nextTurn();
  } while (from !== undefined);
}

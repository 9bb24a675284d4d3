import { setImmediate as nextTurn } from 'node:timers/promises';
import type { PastLease } from '../../core/lease/past-lease.ts';
import type { LeaseStore, PastFilter } from '../../host/store/lease-store.ts';

/** Newest first. After each read of the database other work gets its turn. */
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

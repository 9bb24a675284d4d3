import { type Instant, instant } from '../net/time.ts';
import { NO_SLOT } from './attempt-row.ts';
import type { AttemptTable } from './attempt-table.ts';
import type { DoorIndex } from './door-index.ts';

/** When the next attempt times out, if there is one. */
export function nextExpiry(table: AttemptTable, index: DoorIndex): Instant | undefined {
  // Runs after every batch of packets, so an empty table must not cost a look at each door.
  if (table.size === 0) return undefined;
  let next = Number.POSITIVE_INFINITY;
  for (let door = 0; door < index.doors.length; door++) {
    const slot = table.oldest(door);
    if (slot !== NO_SLOT) next = Math.min(next, table.start(slot) + index.timeout(door));
  }
  return next === Number.POSITIVE_INFINITY ? undefined : instant(next);
}

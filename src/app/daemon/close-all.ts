import type { DoorKeeper } from './door-keeper.ts';
import { inTime } from './in-time.ts';

/**
 * A stop in which no door has closed for so long waits no more. The row of a command that has not ended by then stays
 * in the store.
 */
export const STOP_MS = 60_000;

/** As long as doors go on closing, it is waited for. Returns whether all have closed. */
export async function closeAll(keeper: DoorKeeper): Promise<boolean> {
  const closing = keeper.stop();
  for (let before = Number.POSITIVE_INFINITY; ; ) {
    if (await inTime(closing, STOP_MS)) return true;
    const left = keeper.leases().length;
    if (left >= before) return false;
    before = left;
  }
}

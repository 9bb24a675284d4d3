import { inTime } from '../serial/in-time.ts';
import type { LeaseKeeper } from './lease-keeper.ts';

/**
 * A stop in which no door has closed for so long waits no more. The row of a command that has not ended by then stays
 * in the store.
 */
export const STOP_MS = 60_000;

/** However many doors still close, a stop takes no longer: `TimeoutStopSec` of the unit leaves the hooks as long. */
export const LONGEST_STOP_MS = 180_000;

/** As long as doors go on closing, it is waited for, but not for ever. Returns whether all have closed. */
export async function closeAll(keeper: Pick<LeaseKeeper, 'stop' | 'leases'>): Promise<boolean> {
  const closing = keeper.stop();
  const deadline = performance.now() + LONGEST_STOP_MS;
  for (let before = Number.POSITIVE_INFINITY; ; ) {
    const rest = deadline - performance.now();
    if (await inTime(closing, Math.min(STOP_MS, Math.max(0, rest)))) return true;
    const left = keeper.leases().length;
    if (left >= before || rest <= STOP_MS) return false;
    before = left;
  }
}

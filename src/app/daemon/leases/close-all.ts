import type { Lease } from '../../../core/lease/lease.ts';
import { inTime } from '../../../host/serial/in-time.ts';
import type { LeaseKeeper } from './lease-keeper.ts';

/**
 * A stop gives up if no door has closed for this long. The row of a command that is still running stays in the store.
 */
export const STOP_MS = 60_000;

/**
 * Maximum length of a stop, however many doors still close. `TimeoutStopSec` of the unit leaves the hooks as much time
 * again.
 */
export const LONGEST_STOP_MS = 180_000;

/** Time limits of a stop. */
export type StopBounds = { readonly quietMs: number; readonly longestMs: number };

const BOUNDS: StopBounds = { quietMs: STOP_MS, longestMs: LONGEST_STOP_MS };

/** BOUNDED: leases named in one line. */
const NAMED = 8;

/** Waits as long as doors keep closing, within limits. Returns the leases that have not closed. */
export async function closeAll(
  keeper: Pick<LeaseKeeper, 'stop' | 'leases'>,
  { quietMs, longestMs }: StopBounds = BOUNDS,
): Promise<readonly Lease[]> {
  const closing = keeper.stop();
  const deadline = performance.now() + longestMs;
  for (let before = keeper.leases().length; ; ) {
    const rest = deadline - performance.now();
    if (await inTime(closing, Math.min(quietMs, Math.max(0, rest)))) return [];
    const left = keeper.leases();
    if (left.length >= before || rest <= quietMs) return left;
    before = left.length;
  }
}

/** Describes them for the log. */
export function describeRemaining(left: readonly Lease[]): string {
  const named = left.slice(0, NAMED).map(({ door, source }) => `${door} for ${source}`);
  const more = left.length > NAMED ? ` and ${left.length - NAMED} more` : '';
  return `not every door could be closed in time; the next start closes the rest: ${named.join(', ')}${more}`;
}

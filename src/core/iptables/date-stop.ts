import type { Millis } from '../net/time.ts';

/** What xt_time reads of a date (libxt_time.c): 2038-01-19T03:14:07. */
const MAX_SECONDS = 0x7fff_ffff;

/**
 * The last second, in UTC, of what has `left` to go at a time of the wall clock, as `--datestop` takes it: the match is
 * over when that second is. `undefined` where the wall clock is beyond what can be written so.
 */
export function dateStop(wall: number, left: Millis): string | undefined {
  const now = Math.floor(wall / 1000);
  if (now < 0 || now > MAX_SECONDS) return undefined;
  const seconds = Math.min(MAX_SECONDS, Math.floor((wall + left) / 1000));
  return new Date(seconds * 1000).toISOString().slice(0, 19);
}

/** By how many milliseconds a lease's rule ends at another time than it is to. */
export function dateStopError(until: string, wall: number, left: Millis): number {
  const wanted = Math.min(MAX_SECONDS * 1000, wall + left);
  return Math.abs(Date.parse(`${until}Z`) - wanted);
}

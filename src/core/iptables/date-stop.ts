import type { Millis } from '../net/time.ts';

/** The limit of dates in xt_time (libxt_time.c): 2038-01-19T03:14:07. */
const MAX_SECONDS = 0x7fff_ffff;

/**
 * The last second, in UTC, of the remaining time, in the form of `--datestop`: the match ends after that second.
 * `undefined`: the wall clock is beyond the representable range.
 */
export function dateStop(wall: number, left: Millis): string | undefined {
  const now = Math.floor(wall / 1000);
  if (now < 0 || now > MAX_SECONDS) return undefined;
  const seconds = Math.min(MAX_SECONDS, Math.floor((wall + left) / 1000));
  return new Date(seconds * 1000).toISOString().slice(0, 19);
}

/** By how many ms the end of a lease's rule differs from the intended one. */
export function dateStopError(until: string, wall: number, left: Millis): number {
  const wanted = Math.min(MAX_SECONDS * 1000, wall + left);
  return Math.abs(Date.parse(`${until}Z`) - wanted);
}

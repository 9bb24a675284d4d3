import type { Millis } from '../net/time.ts';

/** As a clause. `behind`: negative if the clock is ahead. */
export function clockWords(behind: Millis): string {
  return `the clock of the sender is ${inWords(Math.abs(behind))} ${behind > 0 ? 'behind' : 'ahead'}`;
}

function inWords(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 2 * 3600) return `${Math.round(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}

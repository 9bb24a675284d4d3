import { type Millis, millis } from '../net/time.ts';

/** The gaps grow from the first to the longest, each twice the one before. */
const FIRST_GAP_MS = 1_000;
const LONGEST_GAP_MS = 60_000;

/** While the daemon stops, so many more runs: after them the door is left to the next start. */
const MORE_RUNS_AT_STOP = 3;

/** How long to wait before a door is closed once more, after so many times in vain. */
export function closeAgainAfter(times: number): Millis {
  return millis(Math.min(LONGEST_GAP_MS, FIRST_GAP_MS * 2 ** Math.min(times - 1, 16)));
}

export const mayCloseAgainAtStop = (times: number): boolean => times <= MORE_RUNS_AT_STOP;

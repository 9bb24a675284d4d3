/** Above this fullness of the budget every source has a turn. */
const ENOUGH = 0.75;

/** How long a source must have been silent: a little when work begins to run short, five minutes when none is left. */
const LEAST_MS = 100;
const MOST_MS = 300_000;

/**
 * For how many ms a source must have been silent to have work spent on it now. The less of the budget is left, the longer:
 * so the budget goes to sources that have not been seen lately, and a flood from many forged sources, which come
 * again and again, leaves room for somebody who sends one packet. `fullness`: from 0 to 1.
 */
export function silenceWanted(fullness: number): number {
  if (fullness >= ENOUGH) return 0;
  return LEAST_MS * (MOST_MS / LEAST_MS) ** (1 - fullness / ENOUGH);
}

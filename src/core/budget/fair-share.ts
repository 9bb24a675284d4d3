/** With the budget above this level, every source gets a turn. */
const ENOUGH = 0.75;

/**
 * How long a source must have been silent: briefly when the budget begins to run short, five minutes when it is empty.
 */
const LEAST_MS = 100;
const MOST_MS = 300_000;

/**
 * How many ms a source must have been silent to get work now. The less budget is left, the longer: so it goes to
 * sources not seen recently, and a flood from many forged sources, which return often, leaves room for a single packet
 * from somebody else. `fullness`: from 0 to 1.
 */
export function requiredSilence(fullness: number): number {
  if (fullness >= ENOUGH) return 0;
  return LEAST_MS * (MOST_MS / LEAST_MS) ** (1 - fullness / ENOUGH);
}

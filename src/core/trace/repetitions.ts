/**
 * Repetitions of a record in one word: a count in the lower bits, and in the upper ones the time since the first, in
 * units of 10 ms.
 */
const COUNT_BITS = 12;
const MAX_COUNT = (1 << COUNT_BITS) - 1;
const UNIT_MS = 10;
const MAX_LAPSE = (1 << (32 - COUNT_BITS)) - 1;

export type Repetitions = {
  readonly count: number;
  /** Milliseconds from the first to the last. */
  readonly lapse: number;
};

/** The word after one more, `since` milliseconds after the first. */
export function repeated(word: number, since: number): number {
  const count = Math.min(MAX_COUNT, (word & MAX_COUNT) + 1);
  const lapse = Math.min(MAX_LAPSE, (since / UNIT_MS) | 0);
  return (lapse << COUNT_BITS) | count;
}

export function readRepetitions(word: number): Repetitions {
  return { count: word & MAX_COUNT, lapse: (word >>> COUNT_BITS) * UNIT_MS };
}

import { repeats } from './effort.ts';
import { SEED } from './seed.ts';

const ALL = repeats('BUSSA_ALL_PAIRS', { quick: 0, full: 1 }) === 1;

/**
 * Pairs of the values of two lists, with every value of both: by the seed other pairs in each run, and with
 * BUSSA_EFFORT=full all of them.
 */
export function somePairs<A, B>(ones: readonly A[], others: readonly B[]): [A, B][] {
  const all = ones.map((one) => others.map((other): [A, B] => [one, other]));
  if (ALL) return all.flat();
  const count = Math.max(ones.length, others.length);
  return Array.from(
    { length: count },
    (_, n) => all[n % ones.length]?.[(n + Math.abs(SEED)) % others.length],
  ).filter((pair) => pair !== undefined);
}

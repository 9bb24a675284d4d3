import { randomInt } from 'node:crypto';
import type { TestContext } from 'node:test';

/** One seed for all properties of a run; `BUSSA_SEED=<number>` repeats a run that failed. */
export const SEED = readSeed(process.env);

/** Of the runs of a property, what `npm test` makes: each time with another seed. */
const QUICK = 1 / 5;

/**
 * Parameters for `fc.assert`, the seed among them, which is printed with the test. `numRuns` is how often with
 * BUSSA_EFFORT=full, or if BUSSA_SEED repeats a run.
 */
export function seeded<T extends { readonly numRuns?: number }>(
  t: TestContext,
  parameters?: T,
): T & { readonly seed: number } {
  t.diagnostic(`seed ${SEED}, to repeat: BUSSA_SEED=${SEED}`);
  const given = { ...(parameters ?? ({} as T)), seed: SEED };
  const isFull = process.env.BUSSA_EFFORT === 'full' || isRepeated(process.env);
  return isFull || given.numRuns === undefined
    ? given
    : { ...given, numRuns: Math.ceil(given.numRuns * QUICK) };
}

const isRepeated = ({ BUSSA_SEED: text }: NodeJS.ProcessEnv): boolean => text !== undefined && text !== '';

function readSeed({ BUSSA_SEED: text }: NodeJS.ProcessEnv): number {
  if (text === undefined || text === '') return randomInt(0x7fff_ffff);
  if (!/^-?[0-9]{1,10}$/.test(text)) throw new Error(`BUSSA_SEED is "${text}": set it to a whole number`);
  return Number(text) | 0;
}

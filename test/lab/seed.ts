import { randomInt } from 'node:crypto';
import type { TestContext } from 'node:test';

/** One seed for all properties of a run; `BUSSA_SEED=<number>` repeats a run that failed. */
export const SEED = readSeed(process.env);

/** Parameters for `fc.assert`, the seed among them, which is printed with the test. */
export function seeded<T extends object>(t: TestContext, parameters?: T): T & { readonly seed: number } {
  t.diagnostic(`seed ${SEED}, to repeat: BUSSA_SEED=${SEED}`);
  return { ...(parameters ?? ({} as T)), seed: SEED };
}

function readSeed({ BUSSA_SEED: text }: NodeJS.ProcessEnv): number {
  if (text === undefined || text === '') return randomInt(0x7fff_ffff);
  if (!/^-?[0-9]{1,10}$/.test(text)) throw new Error(`BUSSA_SEED is "${text}": set it to a whole number`);
  return Number(text) | 0;
}

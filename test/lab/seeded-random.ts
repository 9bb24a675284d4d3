import type { TestContext } from 'node:test';
import { SEED } from './seed.ts';

/** mulberry32: the same numbers, from 0 up to 1, for the same seed. `lane` tells runs of one test apart. */
export function seededRandom(t: TestContext, lane = 0): () => number {
  t.diagnostic(`seed ${SEED}, to repeat: BUSSA_SEED=${SEED}`);
  let state = (SEED + lane) | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One of them. */
export function draw<T>(random: () => number, choices: readonly [T, ...(readonly T[])]): T {
  return choices[Math.floor(random() * choices.length)] ?? choices[0];
}

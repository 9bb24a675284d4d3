import { CodeFixture } from './code-fixture.ts';
import { countOpened } from './count-opened.ts';
import { FLOOD_RATES } from './measure-signed.ts';
import type { Samples } from './samples.ts';
import { STRANGERS } from './strangers.ts';
import { pause } from './test-bed.ts';

const GUESSES = 32_768;
export const CODE_GUESSERS = GUESSES.toLocaleString('en');
const SETTLE_MS = 2000;
const WATCH_MS = 3000;
const PAUSE_MS = 50;

/** Codes of users that have opened before, amidst guesses of strangers at the door's two blocks of ports. */
export async function measureCodes(samples: Samples): Promise<void> {
  await using scene = await CodeFixture.open();
  const noise = scene.writeGuesses(GUESSES);
  await openAll(scene);
  for (const rate of FLOOD_RATES) {
    console.error(`codes: a flood of guesses at ${rate}${rate === 'full speed' ? '' : '/s'}`);
    await using _flood = scene.flood(noise, rate);
    await pause(SETTLE_MS);
    samples.add(`codes.cpu.${rate}`, 'Bussa', await scene.shareOfCore(WATCH_MS));
    samples.add(`codes.known.${rate}`, 'Bussa', await openAll(scene));
  }
}

/** How many users open the door, each with his code of now. */
const openAll = (scene: CodeFixture): Promise<number> =>
  countOpened(scene, { count: STRANGERS, pauseMs: PAUSE_MS, knock: (user) => scene.knock(user) });

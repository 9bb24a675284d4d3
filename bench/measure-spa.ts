import { CLIENT } from '../test/lab/wire.ts';
import { countOpened } from './count-opened.ts';
import type { Contestant } from './flood-fixture.ts';
import { cpuOfEach, FLOOD_RATES, HONEST } from './measure-signed.ts';
import type { Rate } from './replay.ts';
import type { Samples } from './samples.ts';
import { spaByStranger } from './signed-traffic.ts';
import { SpaFixture } from './spa-fixture.ts';
import { strangerOf } from './strangers.ts';
import { pause } from './test-bed.ts';

/** How many users have a key: each packet is tried with all of them. */
export const SPA_USERS = [1, 100] as const;

/** Of a flood: sources, each of which has one packet. */
const FLOOD_SOURCES = 65_536;
/** A key opens ten times a second. */
const PAUSE_MS = 120;
const SETTLE_MS = 4000;
const WATCH_MS = 3000;

/** Within the budget of work. */
const REJECTED = { count: 500, rate: 500 } as const;

/** Packets of fwknop at Bussa beside fwknopd: what a wrong one costs, and honest ones amidst well-formed noise. */
export async function measureSpa(samples: Samples, rounds: number): Promise<void> {
  const noise = Array.from({ length: FLOOD_SOURCES }, spaByStranger);
  for (const users of SPA_USERS) {
    await measureRejection(samples, users, rounds);
    for (const rate of FLOOD_RATES) {
      for (const name of ['Bussa', 'fwknopd'] as const) await measureFlood(samples, name, users, rate, noise);
    }
  }
}

async function measureRejection(samples: Samples, users: number, rounds: number): Promise<void> {
  for (const name of ['Bussa', 'fwknopd'] as const) {
    await using scene = await SpaFixture.open(name, users);
    for (let round = 0; round < rounds; round++) {
      console.error(`SPA: what opens nothing, ${users} keys, ${name}, round ${round + 1} of ${rounds}`);
      const path = scene.write(Array.from({ length: REJECTED.count }, spaByStranger));
      const micros = await cpuOfEach(scene, path, REJECTED.count, REJECTED.rate);
      samples.add(`spa.reject.${users}`, name, micros);
    }
  }
}

async function measureFlood(
  samples: Samples,
  name: Contestant,
  users: number,
  rate: Rate,
  noise: readonly Uint8Array[],
): Promise<void> {
  console.error(`SPA: a flood at ${rate}${rate === 'full speed' ? '' : '/s'}, ${users} keys, ${name}`);
  await using scene = await SpaFixture.open(name, users);
  await scene.knock(0, CLIENT);
  await pause(PAUSE_MS);
  await using _flood = scene.flood(scene.write(noise), rate);
  await pause(SETTLE_MS);
  const figure = (what: string): string => `spa.${what}.${users}.${rate}`;
  samples.add(figure('cpu'), name, await scene.shareOfCore(WATCH_MS));
  samples.add(figure('strangers'), name, await openHonestly(scene, strangerOf));
  samples.add(figure('known'), name, await openHonestly(scene, () => CLIENT));
}

/** How many of the honest packets open, each sent once. */
const openHonestly = (scene: SpaFixture, sourceOf: (n: number) => string): Promise<number> =>
  countOpened(scene, { count: HONEST, pauseMs: PAUSE_MS, knock: (n) => scene.knock(n, sourceOf(n)) });

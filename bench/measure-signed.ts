import { C_KNOCK } from '../test/lab/knockd.ts';
import { SERVER } from '../test/lab/wire.ts';
import type { Contestant, FloodFixture } from './flood-fixture.ts';
import { PacketCounter } from './packet-statistics.ts';
import type { Rate } from './replay.ts';
import type { Samples } from './samples.ts';
import { SEQUENCE, SignedFixture } from './signed-fixture.ts';
import { garbage, spaByStranger } from './signed-traffic.ts';
import { SpaFixture } from './spa-fixture.ts';
import { pause } from './test-bed.ts';

export const FLOOD_RATES = [20_000, 100_000, 'full speed'] as const;

/** Honest packets amidst a flood, each sent once. */
export const HONEST = 40;
export const SEQUENCES = 10;
/** A source may send ten a second. */
const PAUSE_MS = 120;

/** Of a flood, so many different packets, over and over. */
const FLOOD_PACKETS = 4096;
const SETTLE_MS = 1000;
const WATCH_MS = 3000;

/** Slow enough for the budgets, where work goes into each packet. */
const CHEAP = { count: 20_000, rate: 20_000 } as const;
const COSTLY = { count: 500, rate: 500 } as const;

/** Enough keys for their rates: 40 at once, then 10 a second. */
const CROWD = { users: 100, knocks: 3000, rate: 2000 } as const;
/** Of fwknopd, which takes a hundred times as long, with one key, which is what it is fastest with. */
const SPA_CROWD = { users: 1, knocks: 100, rate: 2000 } as const;
/** How often the openings of a crowd are counted, and how long none comes at its end. */
const COUNT_MS = 20;
const QUIET_MS = 1000;
const PATIENCE_MS = 10_000;

/**
 * Signed knocks beside fwknop's packets: what it costs to throw away what opens nothing, how many are accepted in a
 * second, and how many of 40 honest ones open amidst a flood.
 */
export async function measureSigned(samples: Samples, rounds: number): Promise<void> {
  await measureRejections(samples, rounds);
  await measureCrowd(samples, rounds);
  for (const rate of FLOOD_RATES) {
    for (const name of ['Bussa', 'fwknopd'] as const) await measureFlood(samples, name, rate);
  }
  await measureCardholder(samples);
}

/** CPU of a packet that opens nothing, by the step at which it ends. */
async function measureRejections(samples: Samples, rounds: number): Promise<void> {
  await using scene = await SignedFixture.open('Bussa', 1);
  const { signer } = scene;
  const used = signer.knock(0);
  await scene.send(scene.write([used]), 'full speed');
  const packets = (count: number, make: () => Uint8Array): Uint8Array[] =>
    Array.from({ length: count }, make);
  const kinds = [
    ['word', CHEAP, () => garbage()],
    ['tag', CHEAP, () => signer.withWrongTag()],
    ['used', COSTLY, () => used],
    ['seal', COSTLY, () => signer.byCardholder()],
    ['key', COSTLY, () => signer.byUnknownKey()],
  ] as const;
  for (let round = 0; round < rounds; round++) {
    console.error(`signed knocks: what opens nothing, round ${round + 1} of ${rounds}`);
    for (const [kind, { count, rate }, make] of kinds) {
      const path = scene.write(packets(count, make));
      samples.add(`signed.reject.${kind}`, 'Bussa', await cpuOfEach(scene, path, count, rate));
    }
  }
}

/** Microseconds. Of what the kernel's filter throws away the daemon takes none, and the time is that of all sent. */
export async function cpuOfEach(
  scene: FloodFixture,
  path: string,
  count: number,
  rate: Rate,
): Promise<number> {
  using counter = new PacketCounter(scene.daemon.pid);
  const before = scene.cpuMicros;
  await scene.send(path, rate);
  await pause(200);
  const { taken } = counter.read();
  return (scene.cpuMicros - before) / (taken > count / 2 ? taken : count);
}

/** Knocks of many users, each from a source of its own, faster than they are accepted. */
async function measureCrowd(samples: Samples, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    console.error(`signed knocks: ${CROWD.knocks} honest ones in a row, round ${round + 1} of ${rounds}`);
    await using scene = await SignedFixture.open('Bussa', CROWD.users);
    const payloads = Array.from({ length: CROWD.knocks }, (_, i) => scene.signer.knock(i));
    const path = scene.write(payloads);
    const cpu = scene.cpuMicros;
    const sent = scene.send(path, CROWD.rate);
    samples.add('signed.accepted.perSecond', 'Bussa', await openingsPerSecond(() => scene.opened));
    await sent;
    samples.add('signed.accepted.cpu', 'Bussa', (scene.cpuMicros - cpu) / scene.opened);
    await using other = await SpaFixture.open('fwknopd', SPA_CROWD.users);
    const sentToo = other.send(other.writeHonest(SPA_CROWD.knocks), SPA_CROWD.rate);
    samples.add('signed.accepted.perSecond', 'fwknopd', await openingsPerSecond(() => other.opened()));
    await sentToo;
  }
}

/** From now to the last opening; none for a second means that it was the last. */
async function openingsPerSecond(count: () => number | Promise<number>): Promise<number> {
  const from = performance.now();
  let [opened, last] = [0, from];
  for (let now = from; now - last < (opened === 0 ? PATIENCE_MS : QUIET_MS); now = performance.now()) {
    const counted = await count();
    if (counted > opened) [opened, last] = [counted, now];
    await pause(COUNT_MS);
  }
  return (1000 * opened) / (last - from);
}

/** Garbage for Bussa, well-formed packets without the key for fwknopd, which has nothing cheaper to tell them by. */
async function measureFlood(samples: Samples, name: Contestant, rate: Rate): Promise<void> {
  console.error(`signed knocks: a flood at ${rate}${rate === 'full speed' ? '' : '/s'}, ${name}`);
  await using scene = await SignedFixture.open(name, 8);
  const make = name === 'Bussa' ? garbage : spaByStranger;
  await using _flood = scene.flood(scene.write(Array.from({ length: FLOOD_PACKETS }, make)), rate);
  await pause(SETTLE_MS);
  samples.add(`signed.flood.cpu.${rate}`, name, await scene.shareOfCore(WATCH_MS));
  samples.add(`signed.flood.opened.${rate}`, name, await openHonestly(scene));
}

/** By somebody who has the server's card, at full speed: sequences open, and the work stays within its budget. */
async function measureCardholder(samples: Samples): Promise<void> {
  console.error('signed knocks: a flood by somebody who has the card');
  await using scene = await SignedFixture.open('Bussa', 8);
  const packets = Array.from({ length: FLOOD_PACKETS }, () => scene.signer.byCardholder());
  await using _flood = scene.flood(scene.write(packets), 'full speed');
  await pause(SETTLE_MS);
  samples.add('signed.card.cpu', 'Bussa', await scene.shareOfCore(WATCH_MS));
  for (let n = 0; n < SEQUENCES; n++) {
    await scene.wire.client.run(C_KNOCK, '-d', '5', SERVER, ...SEQUENCE);
    await pause(PAUSE_MS);
  }
  await pause(SETTLE_MS);
  samples.add('signed.card.sequences', 'Bussa', scene.daemon.count(/: ports: OPEN SESAME/g));
}

/** How many of the honest packets open, each at its first try. */
async function openHonestly(scene: SignedFixture): Promise<number> {
  const before = scene.opened;
  for (let n = 0; n < HONEST; n++) {
    await scene.knock();
    await pause(PAUSE_MS);
  }
  const deadline = performance.now() + 5000;
  while (scene.opened < before + HONEST && performance.now() < deadline) await pause(PAUSE_MS);
  return scene.opened - before;
}

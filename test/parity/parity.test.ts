/**
 * The same packets before the real knockd and before Bussa, on one interface. What either opens is compared with
 * a naive model that has one switch for each listed difference: so the listed differences are the only ones.
 *
 *     client                                 server
 *     eth0  tcpreplay, thousands of    ────  eth0 10.7.0.1 fd07::1
 *           sources made up                  /usr/sbin/knockd, Bussa, tcpdump (the packets' times)
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { describe, type TestContext, test } from 'node:test';
import { fence, startKnockd, startRealKnockd, WorkDirectory } from '../netns/knockd.ts';
import type { Namespace } from '../netns/namespace.ts';
import type { Program } from '../netns/program.ts';
import { SERVER, Wire } from '../netns/wire.ts';
import { SEED } from '../property/seed.ts';
import { renderFrame } from './frame.ts';
import { KNOCKD_QUIRKS, modelOpenings, NO_QUIRKS, type Quirks, type TimedPacket } from './knockd-model.ts';
import { renderPcap } from './pcap-file.ts';
import {
  BURST_START,
  DOORS,
  FLAG_WORDS,
  generateScenario,
  OWN,
  renderDoors,
  type Scheduled,
} from './scenario.ts';

const BURSTS = 10;
const KNOCKERS = 5000;
/** How far a packet may be from a moment at which the outcome changes, in seconds. */
const MARGIN = 0.005;
const LONGEST_TIMEOUT = Math.max(...DOORS.map((door) => door.timeoutSeconds));
const TRIES = 3;

describe('beside the real knockd', () => {
  test(`${KNOCKERS} knockers: the listed differences are the only ones`, { timeout: 120_000 }, async (t) => {
    t.diagnostic(`seed ${SEED}; the same packets again with BUSSA_SEED=${SEED}`);
    const scheduled = generateScenario(SEED, KNOCKERS, BURSTS);
    const { packets, real, ours } = await runOnTime(t, scheduled);
    const model = (quirks: Quirks): string[] => sorted(modelOpenings(DOORS, OWN, packets, quirks));

    const expected = { knockd: model(KNOCKD_QUIRKS), bussa: model(NO_QUIRKS) };
    t.diagnostic(`${packets.length} packets: knockd opened ${real.length} times, Bussa ${ours.length} times`);
    assert.deepEqual(real, expected.knockd, 'knockd opens what the model with every difference opens');
    assert.deepEqual(ours, expected.bussa, 'Bussa opens what the model with none opens');

    assert.ok(real.length > KNOCKERS / 20, 'knockd opened enough for a comparison');
    assert.ok(ours.length > KNOCKERS / 2, 'most knockers knock well');
    for (const quirk of Object.keys(NO_QUIRKS) as (keyof Quirks)[]) {
      assert.notDeepEqual(model({ ...KNOCKD_QUIRKS, [quirk]: false }), real, `${quirk} is a difference`);
      assert.notDeepEqual(model({ ...NO_QUIRKS, [quirk]: true }), ours, `${quirk} is a difference for Bussa`);
    }
  });
});

type Outcome = { readonly packets: TimedPacket[]; readonly real: string[]; readonly ours: string[] };

/** A machine that is held up for longer than the margins sends packets out of time: then once more. */
async function runOnTime(t: TestContext, scheduled: readonly Scheduled[]): Promise<Outcome> {
  for (let tries = 1; ; tries++) {
    const outcome = await run(scheduled);
    const doubt = findDoubt(outcome.packets);
    if (doubt === undefined) return outcome;
    t.diagnostic(`try ${tries} was out of time: ${doubt}`);
    if (tries === TRIES) throw new Error(`the packets could not be sent on time in ${TRIES} tries: ${doubt}`);
  }
}

async function run(scheduled: readonly Scheduled[]): Promise<Outcome> {
  await using wire = await Wire.create();
  using directory = new WorkDirectory();
  const config = renderDoors(DOORS, FLAG_WORDS);
  const tcpdump = [
    'tcpdump',
    '-l',
    '-n',
    '-tt',
    '-q',
    '--immediate-mode',
    '-B',
    '16384',
    '-i',
    'eth0',
  ] as const;
  await using tap = wire.server.start(...tcpdump, 'tcp or udp');
  await tap.saw(/listening on/);
  await using real = await startRealKnockd(wire.server, directory, config, '-i', 'eth0');
  await using ours = await startKnockd(wire.server, directory, config, '-i', 'eth0');
  const bursts = await writeBursts(wire, directory, scheduled);
  for (const burst of bursts) await sendAtBurstStart(wire.client, burst);
  await fence(ours, wire.client, SERVER);
  await real.saw(/: fence: OPEN SESAME/);
  await tap.saw(/\.65000: UDP/);

  const times = [...tap.output.matchAll(/^(\d+\.\d{6}) IP/gm)].map((match) => Number(match[1])).slice(0, -1);
  assert.equal(times.length, scheduled.length, 'tcpdump saw every packet, and the fence');
  const packets = scheduled.map((packet, i) => ({ ...packet, atSeconds: times[i] as number }));
  return { packets, real: openingsOf(real), ours: openingsOf(ours) };
}

function openingsOf(program: Program): string[] {
  const lines = [...program.output.matchAll(/^(\S+: \S+): OPEN SESAME$/gm)].map(
    (match) => match[1] as string,
  );
  return sorted(lines.filter((line) => !line.endsWith(': fence')));
}

function sorted(lines: readonly string[]): string[] {
  return lines.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

async function writeBursts(
  wire: Wire,
  directory: WorkDirectory,
  scheduled: readonly Scheduled[],
): Promise<string[]> {
  const mac = async (namespace: Namespace): Promise<string> =>
    (await namespace.run('cat', '/sys/class/net/eth0/address')).trim();
  const macs = { source: await mac(wire.client), destination: await mac(wire.server) };
  return Array.from({ length: BURSTS }, (_, burst) => {
    const path = directory.file(`burst${burst}.pcap`);
    const frames = scheduled
      .filter((packet) => packet.burst === burst)
      .map((packet) => ({ atSeconds: packet.offset, frame: renderFrame(packet, macs) }));
    writeFileSync(path, renderPcap(frames));
    return path;
  });
}

/** Sends a burst in its own rhythm, beginning at the same fraction of a second of the clock each time. */
async function sendAtBurstStart(client: Namespace, path: string): Promise<void> {
  const phase = (Date.now() / 1000 - BURST_START + 1) % 1;
  // The clock itself is the event that is waited for.
  await new Promise((resolve) => setTimeout(resolve, (1 - phase) * 1000));
  await client.run('tcpreplay', '-q', '-i', 'eth0', path);
}

/** A packet so near to a moment of decision that the daemons may see it on different sides, or in another second. */
function findDoubt(packets: readonly TimedPacket[]): string | undefined {
  const bySource = Map.groupBy(packets, (packet) => packet.source);
  for (const [source, own] of bySource) {
    for (const { atSeconds } of own) {
      if (isNearWhole(atSeconds)) return `a packet of ${source} at ${atSeconds}`;
      for (const earlier of own) {
        const apart = atSeconds - earlier.atSeconds;
        if (apart > 0.5 && apart < LONGEST_TIMEOUT + 0.5 && isNearWhole(apart)) return `two packets of ${source} ${apart} s apart`;
      }
    }
  }
  return undefined;
}

function isNearWhole(seconds: number): boolean {
  return Math.abs(seconds - Math.round(seconds)) < MARGIN;
}

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
import { repeats } from '../lab/effort.ts';
import { type Macs, renderFrame } from '../lab/frame.ts';
import { fence, knockdCommand, startKnockd, startRealKnockd, WorkDirectory } from '../lab/knockd.ts';
import type { Namespace } from '../lab/namespace.ts';
import { renderPcap } from '../lab/pcap-file.ts';
import { SEED } from '../lab/seed.ts';
import { SERVER, Wire } from '../lab/wire.ts';
import { KNOCKD_QUIRKS, modelOpenings, NO_QUIRKS, type Quirks, type TimedPacket } from './knockd-model.ts';
import {
  BURST_START,
  DOORS,
  FLAG_WORDS,
  generateScenario,
  OWN,
  renderDoors,
  type Scheduled,
  TARGET,
} from './scenario.ts';

const BURSTS = 10;
const KNOCKERS = repeats('BUSSA_KNOCKERS', { quick: 2500, full: 5000 });
/**
 * How far two packets may be from a timeout, in seconds, where Bussa counts nanoseconds and tcpdump prints microseconds.
 * The whole seconds that knockd counts are the same for both: the kernel stamps a packet once, for all who listen.
 */
const MARGIN = 0.005;
const TRIES = 3;

describe('beside the real knockd', () => {
  test(`${KNOCKERS} knockers: the listed differences are the only ones`, { timeout: 300_000 }, async (t) => {
    t.diagnostic(`seed ${SEED}; the same packets again with BUSSA_SEED=${SEED}`);
    const scheduled = generateScenario(SEED, KNOCKERS, BURSTS);
    const { packets, real, ours, replayed, doubtful } = await runOnTime(t, scheduled);
    const model = (quirks: Quirks): string[] => sorted(modelOpenings(DOORS, OWN, packets, quirks));

    const expected = { knockd: model(KNOCKD_QUIRKS), bussa: model(NO_QUIRKS) };
    t.diagnostic(`${packets.length} packets: knockd opened ${real.length} times, Bussa ${ours.length} times`);
    assert.deepEqual(real, expected.knockd, 'knockd opens what the model with every difference opens');
    // An attempt concerns nobody but its source, so that one in doubt casts none on the others.
    const beyondDoubt = (lines: readonly string[]): string[] =>
      lines.filter((line) => !doubtful.has(line.split(': ')[0] as string));
    assert.deepEqual(
      beyondDoubt(ours),
      beyondDoubt(expected.bussa),
      'Bussa opens what the model with none opens',
    );
    // Whose host a file comes from is not known: every destination is the host's own.
    const everywhere = sorted(modelOpenings(DOORS, [...OWN, TARGET], packets, NO_QUIRKS));
    assert.deepEqual(replayed, everywhere, 'the same packets from a file open the same');

    assert.ok(real.length > KNOCKERS / 20, 'knockd opened enough for a comparison');
    assert.ok(ours.length > KNOCKERS / 2, 'most knockers knock well');
    for (const quirk of Object.keys(NO_QUIRKS) as (keyof Quirks)[]) {
      assert.notDeepEqual(model({ ...KNOCKD_QUIRKS, [quirk]: false }), real, `${quirk} is a difference`);
      assert.notDeepEqual(model({ ...NO_QUIRKS, [quirk]: true }), ours, `${quirk} is a difference for Bussa`);
    }
  });
});

type Outcome = {
  readonly packets: TimedPacket[];
  readonly real: string[];
  readonly ours: string[];
  readonly replayed: string[];
};

/** A machine that is held up may send the packets of too many sources at times that are in doubt: then once more. */
async function runOnTime(
  t: TestContext,
  scheduled: readonly Scheduled[],
): Promise<Outcome & { readonly doubtful: ReadonlySet<string> }> {
  for (let tries = 1; ; tries++) {
    const outcome = await run(scheduled);
    const doubtful = doubtfulSources(outcome.packets);
    if (doubtful.size < KNOCKERS / 50) return { ...outcome, doubtful };
    t.diagnostic(`try ${tries} was out of time: ${doubtful.size} sources in doubt`);
    if (tries === TRIES) throw new Error(`the packets could not be sent on time in ${TRIES} tries`);
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
  // knockd has no guard, and would refuse the word.
  const unguarded = `[options]\n  scan_guard = off\n${config}`;
  await using ours = await startKnockd(wire.server, directory, unguarded, '-i', 'eth0');
  const bursts = await writeBursts(wire, directory, scheduled);
  for (const burst of bursts) await sendAtBurstStart(wire.client, burst);
  await fence(ours, wire.client, SERVER);
  await real.saw(/: fence: OPEN SESAME/);
  await tap.saw(/\.65000: UDP/);

  const times = [...tap.output.matchAll(/^(\d+\.\d{6}) IP/gm)].map((match) => Number(match[1])).slice(0, -1);
  assert.equal(times.length, scheduled.length, 'tcpdump saw every packet, and the fence');
  const packets = scheduled.map((packet, i) => ({ ...packet, atSeconds: times[i] as number }));
  const replayed = await replay(wire, directory, config, packets);
  return { packets, real: openingsOf(real.output), ours: openingsOf(ours.output), replayed };
}

/** The same packets, at the times at which they arrived, as a file before `knockd --read`. */
async function replay(
  wire: Wire,
  directory: WorkDirectory,
  config: string,
  packets: readonly TimedPacket[],
): Promise<string[]> {
  const file = directory.file('packets.pcap');
  const macs = await macsOf(wire);
  writeFileSync(file, renderPcap(packets.map((each) => ({ ...each, frame: renderFrame(each, macs) }))));
  return openingsOf(await wire.server.run(...knockdCommand(directory, config, '--read', file)));
}

function openingsOf(output: string): string[] {
  const lines = [...output.matchAll(/^(?:\[\S+\] )?(\S+: \S+): OPEN SESAME$/gm)].map(
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
  const macs = await macsOf(wire);
  return Array.from({ length: BURSTS }, (_, burst) => {
    const path = directory.file(`burst${burst}.pcap`);
    const frames = scheduled
      .filter((packet) => packet.burst === burst)
      .map((packet) => ({ atSeconds: packet.offset, frame: renderFrame(packet, macs) }));
    writeFileSync(path, renderPcap(frames));
    return path;
  });
}

async function macsOf(wire: Wire): Promise<Macs> {
  const mac = async (namespace: Namespace): Promise<string> =>
    (await namespace.run('cat', '/sys/class/net/eth0/address')).trim();
  return { source: await mac(wire.client), destination: await mac(wire.server) };
}

/** Sends a burst in its own rhythm, beginning at the same fraction of a second of the clock each time. */
async function sendAtBurstStart(client: Namespace, path: string): Promise<void> {
  const phase = (Date.now() / 1000 - BURST_START + 1) % 1;
  // The clock itself is the event that is waited for.
  await new Promise((resolve) => setTimeout(resolve, (1 - phase) * 1000));
  await client.run('tcpreplay', '-q', '-i', 'eth0', path);
}

/** Those with packets so nearly a timeout apart that it is a matter of microseconds whether they are in time. */
function doubtfulSources(packets: readonly TimedPacket[]): ReadonlySet<string> {
  const bySource = Map.groupBy(packets, (packet) => packet.source);
  const isDoubtful = (own: readonly TimedPacket[]): boolean =>
    own.some((a) =>
      own.some((b) => b.atSeconds - a.atSeconds > 0.5 && isNearWhole(b.atSeconds - a.atSeconds)),
    );
  return new Set([...bySource].filter(([, own]) => isDoubtful(own)).map(([source]) => source));
}

function isNearWhole(seconds: number): boolean {
  return Math.abs(seconds - Math.round(seconds)) < MARGIN;
}

/**
 * knockd 0.8 (C) and Bussa side by side. Each has a wire of its own, of the same kind, and the same doors; they take
 * turns, so that neither disturbs the other:
 *
 *     client                                       server
 *     eth0  tcpreplay: SYNs to the door's    ────  eth0  the daemon
 *           first port from 65,536 sources
 *           knock: 10 honest knocks amidst
 *
 * Then a native door beside knockd's iptables command, knock by knock, and 1,000 sources that knock at once.
 *
 * Options: --seconds N (of noise at each rate), --knocks N (of which the time is taken), --openings (these alone; the
 * other results stay as they are).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { arch, cpus, release } from 'node:os';
import { parseArgs } from 'node:util';
import { WorkDirectory } from '../test/netns/knockd.ts';
import { SERVER } from '../test/netns/wire.ts';
import { type LatencyResult, measureLatency, measureNoise, type NoiseResult } from './measure.ts';
import { writeNoise } from './noise.ts';
import { measureOpenings } from './openings.ts';
import { type Memory, memoryOf } from './process-usage.ts';
import { renderReport } from './report.ts';
import { Subject, type SubjectName } from './subject.ts';

const RATES = [5_000, 20_000, 50_000, 'full speed'] as const;
/** About what tcpreplay can send; only sets the length of the run at full speed. */
const EXPECTED_FULL_SPEED = 300_000;
const RESULTS = new URL('results.json', import.meta.url);

export type Measured = {
  readonly atStart: Memory;
  readonly latency: LatencyResult;
  readonly noise: readonly NoiseResult[];
  readonly atEnd: Memory;
};

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '3' },
    knocks: { type: 'string', default: '200' },
    openings: { type: 'boolean' },
  },
});
const seconds = Number(values.seconds);
const knocks = Number(values.knocks);
if (!(seconds > 0 && seconds <= 60 && knocks > 0)) {
  console.error('bench: --seconds takes a number above 0 and up to 60, --knocks a number above 0');
  process.exit(64);
}

const results = values.openings ? resultsBefore() : await measureBoth();
console.error(`native doors and iptables commands: ${knocks} knocks each, and a crowd`);
const openings = await measureOpenings(knocks);
const machine = {
  cpu: cpus()[0]?.model,
  cpus: cpus().length,
  kernel: release(),
  arch: arch(),
  node: process.version,
};
writeFileSync(RESULTS, `${JSON.stringify({ machine, seconds, knocks, results, openings }, undefined, 2)}\n`);
console.log(renderReport(results.knockd, results.Bussa, openings));
// Whatever a daemon left open must not keep the bench.
process.exit(0);

function resultsBefore(): Record<SubjectName, Measured> {
  return JSON.parse(readFileSync(RESULTS, 'utf8')).results;
}

async function measureBoth(): Promise<Record<SubjectName, Measured>> {
  return { knockd: await measure('knockd'), Bussa: await measure('Bussa') };
}

async function measure(name: SubjectName): Promise<Measured> {
  using directory = new WorkDirectory();
  const path = directory.file('noise.pcap');
  await using subject = await Subject.start(name);
  const atStart = memoryOf(subject.pid);
  console.error(`${name}: ${knocks} knocks of which the time is taken`);
  const latency = await measureLatency(subject, knocks);
  const noise: NoiseResult[] = [];
  for (const rate of RATES) {
    const count = Math.round((rate === 'full speed' ? EXPECTED_FULL_SPEED : rate) * seconds);
    const said = rate === 'full speed' ? rate : `${rate} packets/s`;
    console.error(`${name}: noise of ${count} packets at ${said}`);
    writeNoise(path, count, SERVER, await subject.macs());
    noise.push(await measureNoise(subject, path, count, rate));
  }
  return { atStart, latency, noise, atEnd: memoryOf(subject.pid) };
}

/**
 * Bussa beside knockd 0.8, fwknopd 2.6.10, tcpdump (the floor of capturing) and nftables alone (what the kernel can
 * do), in one run. They take turns on one wire:
 *
 *     client                                       server
 *     eth0  tcpreplay: SYNs to the door's    ────  eth0  one of them
 *           first port from 65,536 sources
 *           10 honest knocks amidst
 *
 * Prints a table, the targets and what has become worse than bench/baseline.json; writes bench/results.json and
 * bench/chart.svg.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { arch, cpus, loadavg, release } from 'node:os';
import { parseArgs } from 'node:util';
import { compareWithBaseline, updateBaseline } from './baseline.ts';
import { renderChart } from './chart.ts';
import { Ground } from './ground.ts';
import { measureAttempts } from './measure-attempts.ts';
import { measureClients } from './measure-clients.ts';
import { measureIdle } from './measure-idle.ts';
import { measureNoise } from './measure-noise.ts';
import { measureOpenings } from './measure-openings.ts';
import { measureStarts } from './measure-starts.ts';
import { renderReport } from './report.ts';
import { Samples } from './samples.ts';

const USAGE = `usage: npm run bench [-- OPTION...]     about 9 minutes

  --quick             one round in place of five: under 2 minutes, for a look
  --only PART,...     measure these parts, take the rest from bench/results.json:
                      noise, openings, starts, idle, attempts, clients
  --update-baseline   keep the ratios of this run in bench/baseline.json
  --help              print this help
`;

const PARTS = ['noise', 'openings', 'starts', 'idle', 'attempts', 'clients'] as const;
type Part = (typeof PARTS)[number];

const RESULTS = new URL('results.json', import.meta.url);
const CHART = new URL('chart.svg', import.meta.url);

const { parts, quick, update } = readOptions();
const samples = new Samples();
const loadBefore = loadavg()[0];
const from = performance.now();
await using ground = await Ground.create();
for (const part of parts) await measure(part);
const seconds = (performance.now() - from) / 1000;

if (parts.length < PARTS.length) samples.adopt(JSON.parse(readFileSync(RESULTS, 'utf8')).figures);
const machine = {
  cpu: cpus()[0]?.model,
  cpus: cpus().length,
  kernel: release(),
  arch: arch(),
  node: process.version,
  loadBefore,
};
writeFileSync(RESULTS, `${JSON.stringify({ machine, seconds, figures: samples.record() }, undefined, 1)}\n`);
writeFileSync(CHART, renderChart(samples));
console.log(renderReport(samples));
for (const line of ['', ...compareWithBaseline(samples)]) console.log(line);
console.log(`load before ${loadBefore?.toFixed(2)} on ${cpus().length} CPUs, ${seconds.toFixed(0)} s`);
if (update) updateBaseline(samples);
await ground[Symbol.asyncDispose]();
// Whatever a daemon left open must not keep the bench.
process.exit(0);

/** Five rounds, and more of what is short. */
async function measure(part: Part): Promise<void> {
  switch (part) {
    case 'noise':
      return measureNoise(ground, samples, quick ? 1 : 5, quick ? 1 : 1.25);
    case 'openings':
      return measureOpenings(samples, quick ? 20 : 120);
    case 'starts':
      return measureStarts(ground, samples, quick ? 2 : 7);
    case 'idle':
      return measureIdle(ground, samples, 5, quick ? 1 : 3);
    case 'attempts':
      return measureAttempts(ground, samples, quick ? 1 : 5);
    default:
      return measureClients(ground, samples, quick ? 5 : 15);
  }
}

function readOptions(): {
  readonly parts: readonly Part[];
  readonly quick: boolean;
  readonly update: boolean;
} {
  try {
    const { values } = parseArgs({
      options: {
        quick: { type: 'boolean', default: false },
        only: { type: 'string', default: PARTS.join(',') },
        'update-baseline': { type: 'boolean', default: false },
        help: { type: 'boolean' },
      },
    });
    if (values.help) {
      process.stdout.write(USAGE);
      process.exit(0);
    }
    const wanted = values.only.split(',');
    const unknown = wanted.find((word) => !PARTS.some((part) => part === word));
    if (unknown !== undefined) throw new Error(`--only knows no part "${unknown}"`);
    return {
      parts: PARTS.filter((part) => wanted.includes(part)),
      quick: values.quick,
      update: values['update-baseline'],
    };
  } catch (error) {
    process.stderr.write(`bench: ${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    process.exit(64);
  }
}

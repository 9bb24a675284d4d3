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
 * bench/results.svg. With --update-baseline, this run becomes the baseline: bench/baseline.json, and drawn from it
 * bench/chart.svg and the README's tables.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { arch, cpus, loadavg, release } from 'node:os';
import { parseArgs } from 'node:util';
import { type Baseline, baselineOf, compareRatios, ROUNDS } from './baseline.ts';
import { renderChart } from './chart.ts';
import { measureAttempts } from './measure-attempts.ts';
import { measureClients } from './measure-clients.ts';
import { measureCodes } from './measure-codes.ts';
import { measureFelt } from './measure-felt.ts';
import { measureFleet } from './measure-fleet.ts';
import { measureIdle } from './measure-idle.ts';
import { measureLoad } from './measure-load.ts';
import { measureNoise } from './measure-noise.ts';
import { measureFirstKnocks, measureOpenings } from './measure-openings.ts';
import { measureSigned } from './measure-signed.ts';
import { measureSpa } from './measure-spa.ts';
import { measureStarts } from './measure-starts.ts';
import { withFigures } from './readme-part.ts';
import { renderReport } from './report.ts';
import { Samples } from './samples.ts';
import { TestBed } from './test-bed.ts';

const USAGE = `usage: npm run bench [-- OPTION...]     about 28 minutes

  --quick             one round in place of five: 14 minutes, for a look
  --only PART,...     measure these parts, take the rest from bench/results.json:
                      noise, openings, signed, spa, starts, idle, attempts, load, clients, felt, fleet
  --update-baseline   keep this run, if it is a whole one: bench/baseline.json, bench/chart.svg, the README's tables
  --help              print this help
`;

const PARTS = [
  'noise',
  'openings',
  'signed',
  'spa',
  'starts',
  'idle',
  'attempts',
  'load',
  'clients',
  'felt',
  'fleet',
] as const;
type Part = (typeof PARTS)[number];

const RESULTS = new URL('results.json', import.meta.url);
const RESULTS_CHART = new URL('results.svg', import.meta.url);
const BASELINE = new URL('baseline.json', import.meta.url);
const CHART = new URL('chart.svg', import.meta.url);
const README = new URL('../README.md', import.meta.url);

const { parts, quick, update } = readOptions();
const samples = new Samples();
const machine = {
  cpu: cpus()[0]?.model ?? 'unknown',
  cpus: cpus().length,
  kernel: release().replace(/-.*/, ''),
  arch: arch(),
  node: process.version,
  loadBefore: loadavg()[0] ?? 0,
};
const from = performance.now();
await using ground = await TestBed.create();
for (const part of parts) await measure(part);
const seconds = (performance.now() - from) / 1000;

if (parts.length < PARTS.length && existsSync(RESULTS))
  samples.adopt(JSON.parse(readFileSync(RESULTS, 'utf8')).figures);
const result = baselineOf(samples, machine);
writeFileSync(RESULTS, `${JSON.stringify({ machine, seconds, figures: samples.record() }, undefined, 1)}\n`);
writeFileSync(RESULTS_CHART, renderChart(result.figures));
console.log(renderReport(samples));
const baseline: Baseline = JSON.parse(readFileSync(BASELINE, 'utf8'));
for (const line of ['', ...compareRatios(baseline.ratios, result.ratios)]) console.log(line);
const rounds = result.rounds < ROUNDS ? `, a ratio with ${result.rounds} rounds of ${ROUNDS}` : '';
console.log(
  `load before ${machine.loadBefore.toFixed(2)} on ${machine.cpus} CPUs, ${seconds.toFixed(0)} s${rounds}`,
);
if (update) keep(result);
await ground[Symbol.asyncDispose]();
// Whatever a daemon left open must not keep the bench.
process.exit();

function keep(result: Baseline): void {
  if (result.rounds < ROUNDS) {
    console.error(
      `bench: the baseline stays: ratios are medians of ${ROUNDS} rounds, for which the time was too short; try again when the machine has no other work`,
    );
    process.exitCode = 1;
    return;
  }
  writeFileSync(BASELINE, `${JSON.stringify(result, undefined, 2)}\n`);
  writeFileSync(CHART, renderChart(result.figures));
  writeFileSync(README, withFigures(readFileSync(README, 'utf8'), result));
}

/** Five rounds, and more of what is short. */
async function measure(part: Part): Promise<void> {
  switch (part) {
    case 'noise':
      return measureNoise(ground, samples, quick ? 1 : ROUNDS, quick ? 0.75 : 1);
    case 'openings':
      await measureFirstKnocks(samples, quick ? 2 : 7);
      return measureOpenings(samples, quick ? 20 : 120);
    case 'signed':
      return measureSigned(samples, quick ? 1 : 3);
    case 'spa':
      await measureSpa(samples, quick ? 1 : 3);
      return measureCodes(samples);
    case 'starts':
      return measureStarts(ground, samples, quick ? 2 : 7);
    case 'idle':
      return measureIdle(ground, samples, ROUNDS, quick ? 1 : 3);
    case 'attempts':
      return measureAttempts(ground, samples, quick ? 1 : ROUNDS);
    case 'load':
      return measureLoad(samples, quick ? 30 : 120);
    case 'felt':
      return measureFelt(samples, quick ? 2 : 11);
    case 'fleet':
      return measureFleet(samples, quick ? 30 : 200);
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
    if (values['update-baseline'] && (values.quick || wanted.length < PARTS.length)) {
      throw new Error('--update-baseline keeps one whole run: it goes with neither --quick nor --only');
    }
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

// npm run fuzz [-- OPTION…]: inputs by chance for everything that reads what others write.

import { randomInt } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type Figures, FuzzFailure, runCampaign, takeInput } from './campaign.ts';
import { isTargetName, TARGET_NAMES, type Target, type TargetName } from './target.ts';
import { TARGETS } from './targets.ts';
import { Watchdog } from './watchdog.ts';

const USAGE = `npm run fuzz [-- OPTION…]

  --frames N     so many frames (default 1000000; 0 for none)
  --others N     so many other inputs, shared among the other targets (default 20000; 0 for none)
  --target NAME  this target alone, with --count: ${TARGET_NAMES.join(', ')}
  --count N      so many inputs of that target (default 10000)
  --seed N       repeats a run
  --from N       begins with the input of this number
  --failures DIR where an input that fails is written (default .cache/fuzz)
  --replay FILE  takes an input from a file; its name tells the target, or --target does

50 million frames and a million others: npm run fuzz -- --frames 50000000 --others 1000000
`;

const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

const OPTIONS = {
  frames: { type: 'string', default: '1000000' },
  others: { type: 'string', default: '20000' },
  target: { type: 'string' },
  count: { type: 'string', default: '10000' },
  seed: { type: 'string' },
  from: { type: 'string', default: '0' },
  failures: { type: 'string', default: path.join(import.meta.dirname, '../../.cache/fuzz') },
  replay: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

type Order = {
  readonly runs: readonly (readonly [TargetName, number])[];
  readonly seed: number;
  readonly from: number;
  readonly failures: string;
};

class UsageError extends Error {}

async function main(): Promise<number> {
  try {
    const { values } = parseArgs({ options: OPTIONS });
    const target = values.target === undefined ? undefined : targetName(values.target);
    if (values.help) {
      console.log(USAGE);
      return EXIT.ok;
    }
    if (values.replay !== undefined) return await replay(values.replay, target);
    const seed = values.seed === undefined ? randomInt(0x7fff_ffff) : whole('seed', values.seed);
    const runs =
      target === undefined
        ? sharedOut(whole('frames', values.frames), whole('others', values.others))
        : [[target, whole('count', values.count)] as const];
    return await fuzz({ runs, seed, from: whole('from', values.from), failures: values.failures });
  } catch (error) {
    if (
      !(error instanceof UsageError) &&
      (error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS') !== true
    ) {
      throw error;
    }
    console.error(`fuzz: ${(error as Error).message}\n\n${USAGE}`);
    return EXIT.usage;
  }
}

async function fuzz({ runs, seed, from, failures }: Order): Promise<number> {
  console.log(`seed ${seed}`);
  for (const [name, count] of runs) {
    if (count === 0) continue;
    const target = TARGETS[name]();
    using dog = new Watchdog(name, seed);
    try {
      const onCheckpoint = (taken: number): void => progress(`${name}: ${taken} of ${count}`);
      const onInput = (index: number): void => dog.at(index);
      tell(name, await runCampaign(target, { seed, from, count, onInput, onCheckpoint }));
    } catch (error) {
      if (!(error instanceof FuzzFailure)) throw error;
      return reportFailure(name, seed, error, failures);
    } finally {
      target.close();
    }
  }
  return EXIT.ok;
}

async function replay(file: string, wanted: TargetName | undefined): Promise<number> {
  // One name begins with another, which stands before it.
  const named = TARGET_NAMES.findLast((name) => path.basename(file).startsWith(`${name}-`));
  const name = wanted ?? named;
  if (name === undefined)
    throw new UsageError(`${file} does not say whose input it is: name it with --target`);
  const target: Target = TARGETS[name]();
  try {
    await takeInput(target, 0, Uint8Array.from(readFileSync(file)));
    console.log(`${name}: ${file} is taken as it should be`);
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof FuzzFailure)) throw error;
    console.error(error.cause);
    return EXIT.failed;
  } finally {
    target.close();
  }
}

function reportFailure(name: TargetName, seed: number, failure: FuzzFailure, directory: string): number {
  mkdirSync(directory, { recursive: true });
  const file = path.join(directory, `${name}-${seed}-${failure.index}.bin`);
  writeFileSync(file, failure.input);
  console.error(failure.cause ?? failure.message);
  console.error(`${name}: input ${failure.index} of seed ${seed}: npm run fuzz -- --replay ${file}`);
  return EXIT.failed;
}

function tell(name: TargetName, figures: Figures): void {
  const { inputs, seconds, slowestMs, slowestIndex, grownBytes, allocatedPerInput } = figures;
  const each = ((seconds * 1e6) / inputs).toFixed(2);
  const slowest = slowestMs > 0 ? `, slowest ${slowestMs.toFixed(1)} ms (input ${slowestIndex})` : '';
  const memory = `held at most ${(grownBytes / 1024).toFixed(0)} KiB more, ${allocatedPerInput.toFixed(2)} bytes allocated for each`;
  console.log(`${name}: ${inputs} inputs in ${seconds.toFixed(1)} s, ${each} µs each${slowest}; ${memory}`);
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${text} `);
}

function sharedOut(frames: number, others: number): readonly (readonly [TargetName, number])[] {
  return TARGET_NAMES.map((name) => {
    if (name === 'frames') return [name, frames] as const;
    const target = TARGETS[name]();
    target.close();
    return [name, Math.round((others * target.share) / 100)] as const;
  });
}

function targetName(text: string): TargetName {
  if (isTargetName(text)) return text;
  throw new UsageError(`no target "${text}": there are ${TARGET_NAMES.join(', ')}`);
}

function whole(option: string, text: string): number {
  const value = Number(text);
  if (/^[0-9]+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new UsageError(`--${option} ${text}: a whole number is wanted`);
}

process.exitCode = await main();

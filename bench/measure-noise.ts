import { SERVER } from '../test/lab/wire.ts';
import { NOISE_SOURCES, writeNoise } from './noise.ts';
import { type Rate, replay } from './replay.ts';
import { CONTENDERS, type Contender, type Samples } from './samples.ts';
import { readCaptureFilter, Subject } from './subject.ts';
import { pause, roundsWithin, type TestBed } from './test-bed.ts';

export const RATES = [5_000, 20_000, 50_000, 'full speed'] as const;
/** On a machine with other work there are fewer rounds. */
const MAX_SECONDS = 470;
const HONEST_KNOCKS = 10;
/** About what tcpreplay can send; only sets the length of the run at full speed. */
const EXPECTED_FULL_SPEED = 300_000;
/** The first packets after a start, slow enough for everybody. */
const FIRST = { count: 10_000, rate: 10_000 } as const;
/**
 * Then machine code is compiled and pages are mapped. By few sources: what a later measurement takes must not be the
 * end of these attempts.
 */
const ONSET = { count: 150_000, rate: 'full speed', sources: 1000 } as const;
/** At the lowest rate noise alone lasts so many times as long, until attempts begin and end alike. */
const LONGER = 4;

/** One rate's noise: with honest knocks amidst, and alone, for the commands of openings have a price of their own. */
type Pair = { readonly amidst: NoiseFile; readonly alone: NoiseFile };

type NoiseFile = { readonly path: string; readonly count: number; readonly rate: Rate };

/** Noise of `seconds` at each rate past each contender, once with honest knocks spread over it; so many rounds. */
export async function measureNoise(
  ground: TestBed,
  samples: Samples,
  rounds: number,
  seconds: number,
): Promise<void> {
  await readCaptureFilter(ground);
  const { first, onset, pairs } = writeFiles(ground, seconds);
  for (const round of roundsWithin(MAX_SECONDS, rounds)) {
    for (const name of inTurns(round)) {
      console.error(`noise: round ${round + 1} of ${rounds}, ${name}`);
      await using subject = await Subject.start(name, ground, 'commands');
      const cold = await replay(ground, subject, first.path, first.rate);
      samples.add('noise.cpu.first', name, cold.cpuMicrosPerPacket);
      await replay(ground, subject, onset.path, onset.rate);
      for (const { amidst, alone } of pairs) {
        await measureKnocks(ground, samples, subject, amidst);
        // Of the kernel alone no CPU time can be read.
        const cpu =
          name === 'kernel'
            ? Number.NaN
            : (await replay(ground, subject, alone.path, alone.rate)).cpuMicrosPerPacket;
        samples.add(`noise.cpu.${alone.rate}`, name, cpu);
      }
    }
  }
}

/** Everybody comes first in some round. */
function inTurns(round: number): Contender[] {
  const at = round % CONTENDERS.length;
  return [...CONTENDERS.slice(at), ...CONTENDERS.slice(0, at)];
}

type NoiseFiles = {
  readonly first: NoiseFile;
  readonly onset: NoiseFile;
  readonly pairs: readonly Pair[];
};

function writeFiles(ground: TestBed, seconds: number): NoiseFiles {
  let sequence = 1;
  const write = (rate: Rate, count: number, sources = NOISE_SOURCES): NoiseFile => {
    const path = ground.directory.file(`noise-${sequence}.pcap`);
    writeNoise(path, { count, sources, sequence }, SERVER, ground.macs);
    sequence += count;
    return { path, count, rate };
  };
  const countOf = (rate: Rate): number =>
    Math.round((rate === 'full speed' ? EXPECTED_FULL_SPEED : rate) * seconds);
  return {
    first: write(FIRST.rate, FIRST.count),
    onset: write(ONSET.rate, ONSET.count, ONSET.sources),
    pairs: RATES.map((rate) => ({
      amidst: write(rate, countOf(rate)),
      alone: write(rate, countOf(rate) * (rate === RATES[0] ? LONGER : 1)),
    })),
  };
}

async function measureKnocks(
  ground: TestBed,
  samples: Samples,
  subject: Subject,
  { path, count, rate }: NoiseFile,
): Promise<void> {
  const { name } = subject;
  const opened = await subject.honestOpenings();
  let knocks = 0;
  const result = await replay(ground, subject, path, rate, async (sender) => {
    const before = ground.receivedPackets();
    while (name !== 'tcpdump' && knocks < HONEST_KNOCKS && sender.running) {
      const arrived = (ground.receivedPackets() - before) / count;
      if (arrived * HONEST_KNOCKS > knocks + 0.5) {
        await subject.knockHonestly();
        knocks += 1;
      } else {
        await pause(2);
      }
    }
  });
  const { taken, dropped } = result.packets;
  samples.add(`noise.sent.${rate}`, name, result.sent / result.seconds);
  samples.add(`noise.taken.${rate}`, name, taken / (taken + dropped));
  samples.add(`noise.dropped.${rate}`, name, dropped);
  samples.add(`noise.honest.${rate}`, name, ((await subject.honestOpenings()) - opened) / knocks);
}

import { SERVER } from '../test/lab/wire.ts';
import { type Noise, writeNoise } from './noise.ts';
import { memoryOf } from './process-usage.ts';
import { replay } from './replay.ts';
import type { Samples } from './samples.ts';
import { Subject } from './subject.ts';
import { roundsWithin, type TestBed } from './test-bed.ts';

/** Attempts under way at the three looks at the memory. */
const FILLS = [10_000, 100_000, 1_000_000] as const;
const [FEW = 0, , MANY = 0] = FILLS;
const CROWD = 1000;
/** On a machine with other work there are fewer rounds. */
const MAX_SECONDS = 110;
/** Packets of which the CPU time is taken; the same number unmeasured before. */
const PACKETS = 200_000;
/** A prime: sources in an order that no cache foresees. */
const STRIDE = 7919;
/** As fast as it goes without a drop on a slower machine; knockd takes less than 16,000/s. */
const FILL_RATE = 150_000;
const KNOCKD_RATE = 4000;

type Files = Record<'warmUp' | 'crowd' | 'few' | 'more' | 'many' | 'all', string>;

/**
 * What attempts cost in memory, and what a packet costs when a thousand or a million are under way. A knockd looks
 * through all attempts for every packet: beyond ten thousand it would take hours.
 */
export async function measureAttempts(ground: TestBed, samples: Samples, rounds: number): Promise<void> {
  const files = writeFiles(ground);
  for (const round of roundsWithin(MAX_SECONDS, rounds)) {
    console.error(`attempts: round ${round + 1} of ${rounds}`);
    await measureBussa(ground, samples, files);
    await measureKnockd(ground, samples, files);
  }
}

async function measureBussa(ground: TestBed, samples: Samples, files: Files): Promise<void> {
  await using subject = await Subject.start('Bussa', ground, 'patient');
  const { pid } = subject.program;
  const idle = memoryOf(pid);
  await replay(ground, subject, files.warmUp, FILL_RATE);
  const crowd = await replay(ground, subject, files.crowd, 'full speed');
  const memory = [];
  let dropped = 0;
  for (const file of [files.few, files.more, files.many]) {
    dropped += (await replay(ground, subject, file, FILL_RATE)).packets.dropped;
    memory.push(memoryOf(pid));
  }
  const all = await replay(ground, subject, files.all, 'full speed');
  const [few, more, many] = memory.map((each) => each.private);
  addMemory(samples, 'Bussa', [few, more, many], idle.private);
  samples.add('attempts.bytes', 'Bussa', ((many ?? 0) - (few ?? 0)) / (MANY - FEW - dropped));
  samples.add('attempts.resident', 'Bussa', memory.at(-1)?.resident ?? Number.NaN);
  samples.add('attempts.cpu.1000', 'Bussa', crowd.cpuMicrosPerPacket);
  samples.add('attempts.cpu.1000000', 'Bussa', all.cpuMicrosPerPacket);
  samples.add('attempts.slowdown', 'Bussa', all.cpuMicrosPerPacket / crowd.cpuMicrosPerPacket);
}

async function measureKnockd(ground: TestBed, samples: Samples, files: Files): Promise<void> {
  await using subject = await Subject.start('knockd', ground, 'patient');
  const { pid } = subject.program;
  const idle = memoryOf(pid);
  await replay(ground, subject, files.few, KNOCKD_RATE);
  addMemory(samples, 'knockd', [memoryOf(pid).private], idle.private);
}

function addMemory(
  samples: Samples,
  name: 'Bussa' | 'knockd',
  memory: readonly (number | undefined)[],
  idle: number,
): void {
  for (const [i, fill] of FILLS.entries()) {
    samples.add(`attempts.private.${fill}`, name, memory[i] ?? Number.NaN);
  }
  samples.add('attempts.firstBytes', name, ((memory[0] ?? 0) - idle) / FEW);
}

function writeFiles(ground: TestBed): Files {
  let sequence = 1;
  const write = (noise: Omit<Noise, 'sequence'>): string => {
    const path = ground.directory.file(`attempts-${sequence}.pcap`);
    writeNoise(path, { ...noise, sequence }, SERVER, ground.macs);
    sequence += noise.count;
    return path;
  };
  const fill = (first: number, end: number): string =>
    write({ count: end - first, sources: end - first, first });
  const [few, more, many] = FILLS;
  return {
    warmUp: write({ count: PACKETS, sources: CROWD }),
    crowd: write({ count: PACKETS, sources: CROWD, stride: STRIDE }),
    few: fill(0, few),
    more: fill(few, more),
    many: fill(more, many),
    all: write({ count: PACKETS, sources: many, stride: STRIDE }),
  };
}

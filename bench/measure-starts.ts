import { fileURLToPath } from 'node:url';
import { SERVER } from '../test/lab/wire.ts';
import { readPacketStatistics } from './packet-statistics.ts';
import type { Samples } from './samples.ts';
import { type Doors, readCaptureFilter, Subject } from './subject.ts';
import { pause, type TestBed } from './test-bed.ts';

const NODE = [process.execPath, '--disable-warning=ExperimentalWarning'] as const;
const SENDER = fileURLToPath(new URL('probe-sender.ts', import.meta.url));
const PATIENCE_MS = 10_000;

/** From the start of the process to the first packet that its socket has taken, a knock being sent every millisecond. */
export async function measureStarts(ground: TestBed, samples: Samples, rounds: number): Promise<void> {
  console.error(`starts: ${rounds} of each`);
  await readCaptureFilter(ground);
  await using sender = ground.wire.client.start(...NODE, SENDER, SERVER);
  await sender.saw(/ready/);
  for (let round = 0; round < rounds; round++) {
    const knockd = await timeStart(ground, 'knockd', 'commands');
    const tcpdump = await timeStart(ground, 'tcpdump', 'commands');
    const fwknopd = await timeStart(ground, 'fwknopd', 'commands');
    for (const doors of ['commands', 'native'] as const) {
      const figure = `start.${doors}`;
      samples.add(figure, 'Bussa', await timeStart(ground, 'Bussa', doors));
      samples.add(figure, 'knockd', knockd);
      samples.add(figure, 'fwknopd', fwknopd);
      samples.add(figure, 'tcpdump', tcpdump);
    }
  }
}

/** Milliseconds. */
async function timeStart(
  ground: TestBed,
  name: 'Bussa' | 'knockd' | 'fwknopd' | 'tcpdump',
  doors: Doors,
): Promise<number> {
  const from = performance.now();
  await using subject = Subject.begin(name, ground, doors);
  while (!hasTaken(subject.program.pid)) {
    if (!subject.program.running) throw new Error(`${name} has ended:\n${subject.program.output}`);
    if (performance.now() - from > PATIENCE_MS) throw new Error(`${name} captures nothing`);
    await pause(1);
  }
  return performance.now() - from;
}

function hasTaken(pid: number): boolean {
  try {
    return readPacketStatistics(pid).taken > 0;
  } catch {
    // A socket that was closed between two looks, or a process between two programs.
    return false;
  }
}

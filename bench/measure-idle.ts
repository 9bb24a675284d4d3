import { memoryOf, type Usage, usageOf } from './process-usage.ts';
import type { Samples } from './samples.ts';
import { readCaptureFilter, Subject } from './subject.ts';
import { pause, type TestBed } from './test-bed.ts';

/** By then everybody has done what a start leaves to do. */
const CALM_MS = 4000;

/** All of them at the same time on the quiet wire, Bussa with firewall doors: in `rounds` windows of `seconds`. */
export async function measureIdle(
  ground: TestBed,
  samples: Samples,
  rounds: number,
  seconds: number,
): Promise<void> {
  console.error(`idle: ${rounds} windows of ${seconds} s, all at the same time`);
  await readCaptureFilter(ground);
  await using fwknopd = await Subject.start('fwknopd', ground, 'native');
  await using knockd = await Subject.start('knockd', ground, 'commands');
  await using tcpdump = await Subject.start('tcpdump', ground, 'native');
  await using bussa = await Subject.start('Bussa', ground, 'native');
  const subjects = [bussa, knockd, fwknopd, tcpdump];
  await pause(CALM_MS);
  for (let round = 0; round < rounds; round++) {
    const before = subjects.map(({ program }) => usageOf(program.pid));
    const from = performance.now();
    await pause(seconds * 1000);
    const took = (performance.now() - from) / 1000;
    for (const [i, { name, program }] of subjects.entries()) {
      const [first, last] = [before[i] as Usage, usageOf(program.pid)];
      samples.add('idle.cpu', name, (last.cpuMicros - first.cpuMicros) / took / 1e6);
      samples.add('idle.wakeUps', name, (last.wakeUps - first.wakeUps) / took);
      const memory = memoryOf(program.pid);
      samples.add('idle.resident', name, memory.resident);
      samples.add('idle.private', name, memory.private);
    }
  }
}

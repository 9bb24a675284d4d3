import type { Program } from '../test/lab/program.ts';
import { PacketCounter, type PacketStatistics } from './packet-statistics.ts';
import { cpuMicros } from './process-usage.ts';
import type { Subject } from './subject.ts';
import type { TestBed } from './test-bed.ts';
import { pause } from './test-bed.ts';

export type Rate = number | 'full speed';

export type Replayed = {
  readonly sent: number;
  readonly seconds: number;
  readonly packets: PacketStatistics;
  /** NaN for the kernel, whose time is that of whoever it interrupts. */
  readonly cpuMicrosPerPacket: number;
};

/** A capture file from the client past the contender, with something else going on in the meantime. */
export async function replay(
  ground: TestBed,
  subject: Subject,
  pcap: string,
  rate: Rate,
  meanwhile: (replay: Program) => Promise<void> = async () => undefined,
): Promise<Replayed> {
  const speed = rate === 'full speed' ? ['--topspeed'] : [`--pps=${rate}`];
  const { pid } = subject;
  using counter = pid === undefined ? undefined : new PacketCounter(pid);
  const cpuBefore = pid === undefined ? Number.NaN : cpuMicros(pid);
  const takenBefore = pid === undefined ? await subject.kernelCounter('taken') : 0;

  await using sender = ground.wire.client.start(
    'tcpreplay',
    ...['--preload-pcap', ...speed, '-i', 'eth0', pcap],
  );
  await meanwhile(sender);
  await sender.saw(/Actual: \d+ packets .* sent in/, 1, 60_000);
  if (pid !== undefined) await settle(pid);

  const sent = Number(/Actual: (\d+) packets/.exec(sender.output)?.[1]);
  const seconds = Number(/sent in ([\d.]+) seconds/.exec(sender.output)?.[1]);
  const packets =
    counter?.read() ?? takenByKernel(sent, (await subject.kernelCounter('taken')) - takenBefore);
  const cpu = pid === undefined ? Number.NaN : cpuMicros(pid) - cpuBefore;
  return { sent, seconds, packets, cpuMicrosPerPacket: cpu / Math.max(1, packets.taken) };
}

/** The honest knocks have come on top of what was sent. */
function takenByKernel(sent: number, counted: number): PacketStatistics {
  return { taken: counted, dropped: Math.max(0, sent - counted) };
}

/** A contender that fell behind is given the time to work off what its ring holds. */
async function settle(pid: number): Promise<void> {
  for (let i = 0; i < 50; i++) {
    const before = cpuMicros(pid);
    await pause(100);
    if (cpuMicros(pid) - before < 2000) return;
  }
}

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Program } from '../test/netns/program.ts';
import { SERVER } from '../test/netns/wire.ts';
import { PacketCounter, type PacketStatistics } from './packet-statistics.ts';
import { cpuMicros } from './process-usage.ts';
import { type Subject, TIMED_PORTS } from './subject.ts';

const SENDER = fileURLToPath(new URL('knock-sender.ts', import.meta.url));
const HONEST_KNOCKS = 10;
/** What a rule may take under no load at all; later than this, a knock has not been heard. */
const UNHEARD_MS = 2000;

export type NoiseResult = {
  readonly sentPerSecond: number;
  readonly sent: number;
  readonly packets: PacketStatistics;
  readonly cpuMicrosPerPacket: number;
  readonly honestKnocks: number;
  readonly honestOpenings: number;
};

/** Noise of `count` packets from `pcap`, with honest knocks spread over the middle of it. */
export async function measureNoise(
  subject: Subject,
  pcap: string,
  count: number,
  rate: number | 'full speed',
): Promise<NoiseResult> {
  const speed = rate === 'full speed' ? ['--topspeed'] : [`--pps=${rate}`];
  const openingsBefore = subject.honestOpenings;
  const { client } = subject.wire;
  using counter = new PacketCounter(subject.pid);
  const cpuBefore = cpuMicros(subject.pid);

  await using replay = client.start('tcpreplay', '--preload-pcap', ...speed, '-i', 'eth0', pcap);
  const honestKnocks = await knockAmidst(subject, replay, count);
  await replay.saw(/Actual: \d+ packets .* sent in/, 1, 60_000);
  await settle(subject);

  const seconds = Number(/sent in ([\d.]+) seconds/.exec(replay.output)?.[1]);
  const sent = Number(/Actual: (\d+) packets/.exec(replay.output)?.[1]);
  const packets = counter.read();
  return {
    sentPerSecond: sent / seconds,
    sent,
    packets,
    cpuMicrosPerPacket: (cpuMicros(subject.pid) - cpuBefore) / Math.max(1, packets.taken),
    honestKnocks,
    honestOpenings: subject.honestOpenings - openingsBefore,
  };
}

/** Knocks each time another part of the noise has arrived. Returns how many knocks it came to before the end. */
async function knockAmidst(subject: Subject, replay: Program, count: number): Promise<number> {
  const before = receivedPackets(subject.pid);
  let knocks = 0;
  while (knocks < HONEST_KNOCKS && replay.running) {
    const arrived = (receivedPackets(subject.pid) - before) / count;
    if (arrived * HONEST_KNOCKS > knocks + 0.5) {
      await subject.knockHonestly();
      knocks += 1;
    } else {
      await pause(2);
    }
  }
  return knocks;
}

/** A daemon that fell behind is given the time to work off what its ring holds. */
async function settle(subject: Subject): Promise<void> {
  for (let i = 0; i < 50; i++) {
    const before = cpuMicros(subject.pid);
    await pause(100);
    if (cpuMicros(subject.pid) - before < 2000) return;
  }
}

/** Packets that eth0 of the daemon's namespace has received. */
function receivedPackets(pid: number): number {
  const line = /eth0:\s*\d+\s+(\d+)/.exec(readFileSync(`/proc/${pid}/net/dev`, 'utf8'));
  return Number(line?.[1]);
}

export type LatencyResult = { readonly medianMs: number; readonly p99Ms: number; readonly unheard: number };

/** From the system call that sends the last knock to the report that `iptables` has ended: rule in place. */
export async function measureLatency(subject: Subject, knocks: number): Promise<LatencyResult> {
  const node = [process.execPath, '--disable-warning=ExperimentalWarning'] as const;
  await using sender = subject.wire.client.start(...node, SENDER, SERVER, ...TIMED_PORTS);
  await sender.saw(/ready/);
  const took: number[] = [];
  let unheard = 0;
  for (let i = 1; i <= knocks; i++) {
    const opening = subject.timedOpening();
    sender.write('knock\n');
    const [, sent = ''] = await sender.saw(/sent (\d+)\n/, i);
    const opened = await Promise.race([opening, pause(UNHEARD_MS)]);
    if (opened === undefined) unheard += 1;
    else took.push(Number(opened - BigInt(sent)) / 1e6);
  }
  took.sort((a, b) => a - b);
  return { medianMs: quantile(took, 0.5), p99Ms: quantile(took, 0.99), unheard };
}

export function quantile(ascending: readonly number[], share: number): number {
  return ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * share))] ?? Number.NaN;
}

function pause(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(resolve, ms, undefined));
}

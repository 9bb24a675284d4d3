import { type Address, parseAddress } from '../../src/core/net/address.ts';
import { ANY_FLAGS, TCP_FLAG, type TcpFlagName, withFlag } from '../../src/core/net/tcp-flags.ts';
import type { FramePacket } from '../lab/frame.ts';
import type { ModelDoor } from './knockd-model.ts';

/**
 * Packets are sent in bursts, one a second, each within the middle of a second of the clock: no packet comes near
 * a second's edge, where knockd's whole seconds make the outcome a matter of microseconds.
 */
export type Scheduled = FramePacket & { readonly burst: number; readonly offset: number };

export const BURST_START = 0.1;
const BURST_LENGTH = 0.62;
const DOUBTFUL_SECONDS = 0.06;

export const address = (text: string): Address => {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new Error(`not an address: ${text}`);
  return parsed;
};

export const OWN = [address('10.7.0.1'), address('fd07::1')] as const;
export const TARGET = address('10.7.0.77');

/** Ports shared between doors, both ways round, at other places, by the other protocol. */
export const DOORS: readonly ModelDoor[] = [
  door('open', '7000:tcp,8000:tcp,9000:tcp', 'syn', 2),
  door('close', '9000:tcp,8000:tcp,7000:tcp', 'syn', 2),
  door('mixed', '7100:udp,8000:tcp,9100:udp', 'syn,!ack', 3),
  door('twin', '7000:tcp,8200:udp', '', 2),
  door('twice', '6000:udp,6000:udp,6001:udp', '', 1),
  door('fin', '7300:tcp,8300:tcp,7000:tcp', 'fin,!syn', 2),
  door('single', '6500:udp', '', 1),
  door('long', '5001:tcp,5002:udp,5003:tcp,5004:udp,5001:tcp,5005:tcp', 'syn', 3),
  { ...door('target', '7000:tcp,8000:tcp', 'syn', 2), target: TARGET },
];

export function renderDoors(doors: readonly ModelDoor[], flags: ReadonlyMap<string, string>): string {
  return doors
    .map((each) => {
      const tcpflags = flags.get(each.name) ?? '';
      const steps = each.steps.map(({ port, protocol }) => `${port}:${protocol}`).join(',');
      return [
        `[${each.name}]`,
        `  sequence = ${steps}`,
        `  seq_timeout = ${each.timeoutSeconds}`,
        ...(tcpflags === '' ? [] : [`  tcpflags = ${tcpflags}`]),
        ...(each.target === undefined ? [] : [`  target = ${each.target}`]),
        ...(each.name === 'single' ? ['  command = :'] : []),
        '',
      ].join('\n');
    })
    .join('\n');
}

/** `tcpflags` of every door as the configuration spells them. */
export const FLAG_WORDS: ReadonlyMap<string, string> = new Map([
  ['open', 'syn'],
  ['close', 'syn'],
  ['mixed', 'syn,!ack'],
  ['fin', 'fin,!syn'],
  ['long', 'syn'],
  ['target', 'syn'],
]);

function door(name: string, steps: string, flags: string, timeoutSeconds: number): ModelDoor {
  let rule = ANY_FLAGS;
  for (const word of flags.split(',').filter(Boolean)) {
    rule = withFlag(rule, word.replace('!', '') as TcpFlagName, !word.startsWith('!'));
  }
  return {
    name,
    flags: rule,
    timeoutSeconds,
    steps: steps.split(',').map((step) => {
      const [port, protocol] = step.split(':');
      return { port: Number(port), protocol: protocol as 'tcp' | 'udp' };
    }),
  };
}

/** A number of 32 bits from a seed, again and again (mulberry32). */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

type Draft = Omit<FramePacket, 'source'>;

/** `count` knockers in `bursts` bursts: most knock well, the others make every sort of mistake. */
export function generateScenario(seed: number, count: number, bursts: number): Scheduled[] {
  const random = randomFrom(seed);
  const bySource = new Map<Address, Scheduled[]>();
  for (let i = 0; i < count; i++) {
    // One in eight has been here before.
    const id = 1 + (i > 50 && random(8) === 0 ? random(i) : i);
    const isIpv6 = id % 4 === 0;
    const source = address(
      isIpv6 ? `fd20::${id.toString(16)}` : `10.${20 + (id >> 16)}.${(id >> 8) & 255}.${id & 255}`,
    );
    const before = bySource.get(source) ?? [];
    const drafts = script(random, isIpv6);
    let scheduled = schedule(random, source, drafts, bursts);
    while (isDoubtful(before, scheduled)) scheduled = schedule(random, source, drafts, bursts);
    bySource.set(source, [...before, ...scheduled]);
  }
  return [...bySource.values()].flat().sort((a, b) => a.burst - b.burst || a.offset - b.offset);
}

/** Packets almost a whole number of seconds apart might or might not fall into one attempt. */
function isDoubtful(before: readonly Scheduled[], after: readonly Scheduled[]): boolean {
  return before.some((a) =>
    after.some((b) => a.burst !== b.burst && Math.abs(a.offset - b.offset) < DOUBTFUL_SECONDS),
  );
}

/** The packets of one knocker. */
function script(random: (below: number) => number, isIpv6: boolean): Draft[] {
  const doors = isIpv6 ? DOORS.filter((each) => each.target === undefined) : DOORS;
  const pick = <T>(list: readonly T[]): T => list[random(list.length)] as T;
  const draft = (at: ModelDoor, step: ModelDoor['steps'][number]): Draft => ({
    destination: at.target ?? OWN[isIpv6 ? 1 : 0],
    protocol: step.protocol,
    port: step.port,
    sourcePort: 32_768 + random(28_000),
    flags: at.flags.value === 0 ? TCP_FLAG.syn : at.flags.value,
    sequence: random(2 ** 32),
  });
  const chosen = pick(doors);
  const drafts = chosen.steps.map((step) => draft(chosen, step));
  const position = random(drafts.length);
  const other = pick(doors);
  switch (random(14)) {
    case 0:
      drafts.splice(position, 1);
      break;
    case 1:
      drafts.splice(position + 1, 0, drafts[position] as Draft);
      break;
    case 2:
      drafts.push(drafts[position] as Draft);
      break;
    case 3:
      drafts.splice(position, 0, draft(other, pick(other.steps)));
      break;
    case 4:
      drafts.splice(position, 0, {
        ...(drafts[position] as Draft),
        flags: random(64),
        sequence: random(2 ** 32),
      });
      break;
    case 5:
      // Breaks off and begins again.
      drafts.unshift(...chosen.steps.slice(0, position + 1).map((step) => draft(chosen, step)));
      break;
    case 6:
      // Two doors at once, packets taking turns.
      return drafts.flatMap((one, i) => {
        const step = other.steps[i];
        return step === undefined ? [one] : [one, draft(other, step)];
      });
    case 7:
      drafts.splice(position, 0, { ...draft(other, pick(other.steps)), port: 1 + random(10_000) });
      break;
    case 8:
      // Sent again behind the knock after it.
      drafts.splice(position + 2, 0, drafts[position] as Draft);
      break;
    case 9:
      // By another socket.
      drafts.splice(position + 1, 0, draft(chosen, chosen.steps[position] as ModelDoor['steps'][number]));
      break;
    default:
      break;
  }
  return drafts;
}

/** Times: usually within a few milliseconds, sometimes with a pause of one to three bursts. */
function schedule(
  random: (below: number) => number,
  source: Address,
  drafts: readonly Draft[],
  bursts: number,
): Scheduled[] {
  let burst = random(bursts);
  let offset = (random(1000) / 1000) * (BURST_LENGTH - 0.12);
  const gap = random(3) === 0 ? 0.00001 : 0.0005 * (1 + random(8));
  const pauseBefore = random(4) === 0 ? 1 + random(drafts.length) : -1;
  const scheduled: Scheduled[] = [];
  for (const [i, draft] of drafts.entries()) {
    if (i === pauseBefore) {
      burst += 1 + random(3);
      // Far from a whole number of seconds later, at which an attempt ends to the millisecond.
      offset = offset < BURST_LENGTH / 2 ? BURST_LENGTH - 0.1 : 0.02;
    }
    if (burst >= bursts) break;
    scheduled.push({ ...draft, source, burst, offset: BURST_START + offset });
    offset += gap;
  }
  return scheduled;
}

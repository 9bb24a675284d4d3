import { AttemptEngine } from '../../attempt/attempt-engine.ts';
import type { SequenceCompletion } from '../../attempt/completion.ts';
import type { HashKey } from '../../attempt/keyed-hash.ts';
import { ScanGuard, type ScanPolicy } from '../../attempt/scan-guard.ts';
import { STEP, Steps } from '../../attempt/steps.ts';
import type { Door } from '../../door/door.ts';
import type { SequenceStep } from '../../door/sequence.ts';
import { type Address, addressWords, familyOf } from '../../net/address.ts';
import type { Port } from '../../net/port.ts';
import { PROTOCOL_NUMBER, type Protocol } from '../../net/protocol.ts';
import { Packet } from '../../packet/packet.ts';
import { completingOrder, naturalOrder, ORDER_MS, type TimedHit } from './completing-order.ts';
import { type SpreadObservation, type SpreadTouch, WRONG_STEP } from './spread-hit.ts';

/** The answer of another gateway. */
export type SpreadWitness = {
  readonly observed: SpreadObservation;
  /** When it answered, in ms after the last knock, and the possible error of that time. */
  readonly moment: number;
  readonly error: number;
};

export type SpreadCase = {
  readonly door: Door;
  readonly source: Address;
  /** Packet time of the last knock. */
  readonly at: number;
  /** What the asking gateway had seen at that moment. Its last hit is the last knock. */
  readonly own: SpreadObservation;
  readonly others: readonly SpreadWitness[];
  readonly policy: ScanPolicy | undefined;
};

/** `withheld`: the sequence is right, but the source has touched a decoy port. */
export type SpreadVerdict =
  | { readonly kind: 'completed'; readonly completion: SequenceCompletion }
  | { readonly kind: 'withheld' | 'incomplete' };

/** Between `earliest` and `latest`, in ms after the last knock. */
type TimedTouch = { readonly earliest: number; readonly latest: number; readonly mark: number };

/** Only one source is judged, so nobody can aim at collisions. */
const KEY: HashKey = [0x6b6e_6f63, 0x6b73_2e2e];
const LIMITS = { attempts: 8, recentPackets: 4096 };
const SUSPECTS = 4;

/**
 * Whether a last knock completes a sequence whose other knocks reached other gateways. The ordinary engine and scan
 * guard judge the merged list of knocks. Of other doors only the ports matter: a knock there is a wrong knock here.
 * Attempts at doors that share ports with this one are not considered.
 */
export function judgeSpread(the: SpreadCase): SpreadVerdict {
  const gateways = [
    timedHits(the.own, 0, 0, 0),
    ...the.others.map(({ observed, moment, error }, index) => timedHits(observed, moment, error, index + 1)),
  ];
  const seen = new Set(gateways.flat().map(({ step }) => step));
  if (!hasAllKnocks(the.door, seen)) return { kind: 'incomplete' };
  const touches = timedTouches(the);
  const natural = replay(the, naturalOrder(gateways), touches);
  if (natural.kind === 'completed') return natural;
  const order = completingOrder(gateways, the.door);
  if (order === undefined) return natural;
  const found = replay(the, order, touches);
  return found.kind === 'incomplete' ? natural : found;
}

/** For most strangers the answer is no, and the rest of the work is skipped. */
function hasAllKnocks({ sequence }: Door, seen: ReadonlySet<number>): boolean {
  const first = (place: number): number =>
    sequence.findIndex(
      ({ protocol, port }) => protocol === sequence[place]?.protocol && port === sequence[place]?.port,
    );
  return sequence.every((_, place) => seen.has(first(place)));
}

function timedHits(observed: SpreadObservation, moment: number, error: number, gateway: number): TimedHit[] {
  let latest = Number.NEGATIVE_INFINITY;
  return observed.hits.map(({ step, age, copyOf }, index) => {
    // Within one gateway, only the order is certain.
    latest = Math.max(latest, moment - age);
    return {
      gateway,
      step,
      at: latest,
      error,
      packet: copyOf ?? index,
      isRetransmission: copyOf !== undefined,
      isLast: gateway === 0 && index === observed.hits.length - 1,
    };
  });
}

/** If a touch and a knock are too close together to tell which came first, the touch counts as later. */
function timedTouches({ own, others }: SpreadCase): TimedTouch[] {
  const touches = (touch: SpreadTouch | undefined, moment: number, error: number): TimedTouch[] => {
    if (touch === undefined) return [];
    const at = moment - touch.age;
    const doubt = ORDER_MS + error;
    // A source in penalty has touched two ports.
    const marks = touch.mark === 0 ? [1, 2] : [touch.mark];
    return marks.map((mark) => ({ earliest: at - doubt, latest: at + doubt, mark }));
  };
  return [
    ...touches(own.touch, 0, 0),
    ...others.flatMap(({ observed, moment, error }) => touches(observed.touch, moment, error)),
  ].sort((a, b) => a.latest - b.latest);
}

/** Offers the hits to a separate engine in this order, up to the last knock. */
function replay(the: SpreadCase, order: readonly TimedHit[], touches: readonly TimedTouch[]): SpreadVerdict {
  const { door, policy } = the;
  const guard = new ScanGuard(SUSPECTS, KEY);
  guard.follow(policy);
  const wrong = wrongDoor(door);
  const wrongSteps = new Map<number, SequenceStep>(
    wrong.sequence.map((step) => [WRONG_STEP[step.protocol], step] as const),
  );
  const engine = new AttemptEngine([door, wrong], KEY, LIMITS, guard);
  const packet = firstPacket(the);
  const steps = new Steps();
  const left = [...touches];
  for (const hit of order) {
    const before = left.filter((touch) => (hit.isLast ? touch.earliest < hit.at : touch.latest <= hit.at));
    for (const touch of before) {
      left.splice(left.indexOf(touch), 1);
      packet.destinationPort = touch.mark;
      guard.touch(packet, the.at + Math.min(touch.latest, hit.at));
    }
    const step = door.sequence[hit.step] ?? wrongSteps.get(hit.step);
    if (step === undefined) continue;
    fill(packet, hit, step);
    if (door.flags.mask !== 0 && packet.protocol === PROTOCOL_NUMBER.tcp) packet.flags = door.flags.value;
    engine.offer(packet, true, the.at + hit.at, steps);
    if (hit.isLast) return verdict(steps, door);
  }
  return { kind: 'incomplete' };
}

/** A packet from the source to an address where the door listens. */
function firstPacket({ source, door: { target } }: SpreadCase): Packet {
  const packet = new Packet();
  packet.family = familyOf(source);
  [packet.source0, packet.source1, packet.source2, packet.source3] = addressWords(source);
  if (target !== undefined) {
    const words = addressWords(target);
    [packet.destination0, packet.destination1, packet.destination2, packet.destination3] = words;
  }
  return packet;
}

function fill(packet: Packet, hit: TimedHit, { protocol, port }: SequenceStep): void {
  packet.protocol = PROTOCOL_NUMBER[protocol];
  packet.flags = 0;
  packet.destinationPort = port;
  packet.sourcePort = hit.gateway;
  packet.identity = hit.packet;
}

/** Represents all other doors that listen to the same packets: a knock at its port is a wrong knock at `door`. */
function wrongDoor(door: Door): Door {
  const used = new Set(door.sequence.map(({ port }) => port as number));
  let port = 1;
  while (used.has(port)) port += 1;
  const step = (protocol: Protocol): SequenceStep => ({ protocol, port: port as Port });
  return { ...door, name: `not ${door.name}`, sequence: [step('tcp'), step('udp')] };
}

function verdict(steps: Steps, door: Door): SpreadVerdict {
  const completion = steps.completions.find((one) => one.door === door);
  if (completion !== undefined) return { kind: 'completed', completion };
  for (let i = 0; i < steps.count; i++) {
    if (steps.kind(i) === STEP.withheld && steps.door(i) === 0) return { kind: 'withheld' };
  }
  return { kind: 'incomplete' };
}

import type { Address } from '../../src/core/net/address.ts';
import { meetsFlagRule } from '../../src/core/net/tcp-flags.ts';
import type { FramePacket } from '../lab/frame.ts';

/** A door as both daemons are told of it. */
export type ModelDoor = {
  readonly name: string;
  readonly steps: readonly { readonly protocol: 'tcp' | 'udp'; readonly port: number }[];
  readonly flags: { readonly mask: number; readonly value: number };
  readonly timeoutSeconds: number;
  readonly target?: Address;
};

export type TimedPacket = FramePacket & { readonly atSeconds: number };

/** What knockd 0.8 does and Bussa does not, one by one. `docs/compat.md` gives the reasons. */
export type Quirks = {
  /** A TCP packet sent again is one more knock. */
  readonly retransmissionCounts: boolean;
  /** The last right knock once more, where another one is due, breaks the attempt. */
  readonly repeatBreaks: boolean;
  /** While a source has an attempt, a knock that does not advance one is lost, the first of a door too. */
  readonly breakDoesNotRestart: boolean;
  /** When the oldest attempt ends, in whatever way, every other attempt of everybody is forgotten. */
  readonly oldestEndForgetsAll: boolean;
  /** Times are compared in whole seconds of the clock, and the last moment is already too late. */
  readonly wholeSeconds: boolean;
};

export const KNOCKD_QUIRKS: Quirks = {
  retransmissionCounts: true,
  repeatBreaks: true,
  breakDoesNotRestart: true,
  oldestEndForgetsAll: true,
  wholeSeconds: true,
};

export const NO_QUIRKS: Quirks = {
  retransmissionCounts: false,
  repeatBreaks: false,
  breakDoesNotRestart: false,
  oldestEndForgetsAll: false,
  wholeSeconds: false,
};

type Attempt = {
  readonly door: ModelDoor;
  readonly source: Address;
  startSeconds: number;
  stage: number;
  ended: boolean;
};

/** Every opening as `SOURCE: DOOR`, in order. A list, searched from its beginning for every packet: plainly right. */
export function modelOpenings(
  doors: readonly ModelDoor[],
  ownAddresses: readonly Address[],
  packets: readonly TimedPacket[],
  quirks: Quirks,
): string[] {
  const openings: string[] = [];
  const counted = new Map<string, number>();
  let attempts: Attempt[] = [];

  const isSentTo = (door: ModelDoor, packet: TimedPacket): boolean =>
    door.target === undefined
      ? ownAddresses.includes(packet.destination)
      : door.target === packet.destination;
  const concerns = (door: ModelDoor, packet: TimedPacket): boolean =>
    isSentTo(door, packet) && meetsFlags(door, packet) && door.steps.some((step) => isStep(step, packet));

  const expire = (now: number): void => {
    const remains = attempts.filter((attempt) => !attempt.ended && isInTime(attempt, now, quirks));
    attempts = quirks.oldestEndForgetsAll && remains[0] !== attempts[0] ? [] : remains;
  };
  const advance = (attempt: Attempt): void => {
    attempt.stage += 1;
    if (attempt.stage < attempt.door.steps.length) return;
    attempt.ended = true;
    openings.push(`${attempt.source}: ${attempt.door.name}`);
  };
  const start = (door: ModelDoor, packet: TimedPacket): void => {
    const attempt = { door, source: packet.source, startSeconds: packet.atSeconds, stage: 0, ended: false };
    attempts.push(attempt);
    advance(attempt);
  };

  /** Whether an attempt that began after the copied packet had counted waits for this one. */
  const isAwaited = (packet: TimedPacket, copied: number): boolean =>
    attempts.some(
      (attempt) =>
        !attempt.ended &&
        attempt.source === packet.source &&
        concerns(attempt.door, packet) &&
        isStep(attempt.door.steps[attempt.stage], packet) &&
        isInTime(attempt, packet.atSeconds, quirks) &&
        attempt.startSeconds > copied + 0.001,
    );

  const offer = (packet: TimedPacket): void => {
    if (!doors.some((door) => concerns(door, packet))) return;
    const memory = shortest(doors.filter((door) => concerns(door, packet)));
    const copied = copiedAt(counted, packet, memory);
    if (copied !== undefined && !quirks.retransmissionCounts) {
      if (!isAwaited(packet, copied)) return;
      counted.set(keyOf(packet), packet.atSeconds);
    }
    expire(packet.atSeconds);
    const pending = attempts.filter(
      (attempt) => attempt.source === packet.source && isSentTo(attempt.door, packet),
    );
    let isTaken = pending.length > 0 && quirks.breakDoesNotRestart;
    for (const attempt of pending) {
      if (!meetsFlags(attempt.door, packet)) continue;
      const isRepeat = !quirks.repeatBreaks && isStep(attempt.door.steps[attempt.stage - 1], packet);
      if (isStep(attempt.door.steps[attempt.stage], packet)) {
        isTaken = true;
        advance(attempt);
      } else if (isRepeat) {
        isTaken = true;
        if (attempt.stage === 1) attempt.startSeconds = packet.atSeconds;
      } else attempt.ended = true;
    }
    if (isTaken) return;
    for (const door of doors)
      if (concerns(door, packet) && isStep(door.steps[0], packet)) start(door, packet);
  };
  for (const packet of packets) offer(packet);
  return openings;
}

function isStep(step: ModelDoor['steps'][number] | undefined, packet: TimedPacket): boolean {
  return step !== undefined && step.protocol === packet.protocol && step.port === packet.port;
}

function meetsFlags(door: ModelDoor, packet: TimedPacket): boolean {
  return packet.protocol === 'udp' || meetsFlagRule(door.flags, packet.flags);
}

function isInTime(attempt: Attempt, now: number, quirks: Quirks): boolean {
  const { startSeconds, door } = attempt;
  return quirks.wholeSeconds
    ? Math.floor(now) - Math.floor(startSeconds) < door.timeoutSeconds
    : now - startSeconds <= door.timeoutSeconds;
}

const shortest = (doors: readonly ModelDoor[]): number =>
  Math.min(...doors.map(({ timeoutSeconds }) => timeoutSeconds));

const keyOf = ({ source, destination, sourcePort, port, sequence, flags }: TimedPacket): string =>
  [source, destination, sourcePort, port, sequence, flags].join(' ');

/** When the packet counted of which this one is a copy, no longer than `seconds` ago. One that is no copy counts. */
function copiedAt(counted: Map<string, number>, packet: TimedPacket, seconds: number): number | undefined {
  if (packet.protocol === 'udp') return undefined;
  const before = counted.get(keyOf(packet));
  if (before !== undefined && packet.atSeconds - before <= seconds) return before;
  counted.set(keyOf(packet), packet.atSeconds);
  return undefined;
}

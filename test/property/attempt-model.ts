// The engine once more, from the words: lists, and a look at each of their members.
import { isTcpRetransmission } from '../../src/core/attempt/tcp-retransmission.ts';
import type { Door } from '../../src/core/door/door.ts';
import { sameKnocks } from '../../src/core/door/door.ts';
import type { Address } from '../../src/core/net/address.ts';
import type { Protocol } from '../../src/core/net/protocol.ts';

export type ModelPacket = {
  readonly source: Address;
  readonly destination: Address;
  readonly local: boolean;
  readonly protocol: Protocol;
  readonly port: number;
  readonly sourcePort: number;
  readonly flags: number;
  readonly identity: number;
};

type Attempt = { readonly door: Door; readonly source: Address; stage: number; start: number };
type Counted = { readonly packet: ModelPacket; at: number; seen: number };

/** What a step of an attempt reads like: `10.0.0.1 ssh advanced 1`. */
export type ModelOffer = 'ignored' | 'retransmission' | 'repeat' | string[];

const RETRANSMISSION_MS = 65_000;

export class AttemptModel {
  #doors: readonly Door[];
  readonly #capacity: number;
  /** In the order of their first knocks. */
  readonly attempts: Attempt[] = [];
  readonly #counted: Counted[] = [];

  constructor(doors: readonly Door[], capacity: number) {
    this.#doors = doors;
    this.#capacity = capacity;
  }

  /** `evicted` names the attempts that the engine says it has made room with, in order. */
  offer(packet: ModelPacket, now: number, evicted: string[]): ModelOffer {
    const doors = this.#doors.filter((door) => listens(door, packet));
    if (doors.length === 0) return 'ignored';
    if (this.#isRetransmission(packet, now, Math.min(...doors.map(({ seqTimeout }) => seqTimeout)))) {
      return 'retransmission';
    }
    const said: string[] = [];
    let taken = false;
    for (const attempt of this.attempts.filter(
      ({ door, source }) => source === packet.source && meets(door, packet),
    )) {
      if (this.isLate(attempt, now)) {
        said.push(say(attempt, 'expired'));
        this.remove(attempt);
      } else if (isStep(attempt.door, attempt.stage, packet)) {
        taken = true;
        said.push(...this.#advance(attempt));
      } else if (isStep(attempt.door, attempt.stage - 1, packet)) {
        taken = true;
        if (attempt.stage === 1) this.#restart(attempt, now);
      } else {
        said.push(say(attempt, 'failed'));
        this.remove(attempt);
      }
    }
    if (taken) return said.length === 0 ? 'repeat' : said;
    const first = doors.filter((door) => isStep(door, 0, packet));
    return [...said, ...first.flatMap((door) => this.#begin(door, packet, now, evicted))];
  }

  isLate(attempt: Attempt, now: number): boolean {
    return Math.abs(now - attempt.start) > attempt.door.seqTimeout;
  }

  remove(attempt: Attempt): void {
    this.attempts.splice(this.attempts.indexOf(attempt), 1);
  }

  replaceDoors(doors: readonly Door[]): void {
    for (const attempt of [...this.attempts]) {
      if (!doors.some((door) => sameKnocks(door, attempt.door))) this.remove(attempt);
    }
    this.#doors = doors;
  }

  #isRetransmission(packet: ModelPacket, now: number, timeout: number): boolean {
    const memory = packet.protocol === 'udp' ? 1 : Math.min(timeout, RETRANSMISSION_MS);
    const known = this.#counted.find(({ packet: other }) => JSON.stringify(other) === JSON.stringify(packet));
    if (known === undefined) {
      this.#counted.push({ packet, at: now, seen: now });
      return false;
    }
    const isAgain =
      Math.abs(now - known.at) <= memory ||
      (packet.protocol === 'tcp' && isTcpRetransmission(known.seen - known.at, Math.abs(now - known.seen)));
    const isOld = isAgain && !this.#isAwaited(packet, now, known.at);
    known.seen = now;
    if (!isOld) known.at = now;
    return isOld;
  }

  /** Whether an attempt that began after the packet had counted waits for it. */
  #isAwaited(packet: ModelPacket, now: number, counted: number): boolean {
    return this.attempts.some(
      (attempt) =>
        packet.protocol === 'tcp' &&
        attempt.source === packet.source &&
        meets(attempt.door, packet) &&
        isStep(attempt.door, attempt.stage, packet) &&
        !this.isLate(attempt, now) &&
        attempt.start > counted + 1,
    );
  }

  #begin(door: Door, packet: ModelPacket, now: number, evicted: string[]): string[] {
    const said = door.sequence.length > 1 ? this.#makeRoom(evicted) : [];
    const attempt = { door, source: packet.source, stage: 0, start: now };
    this.attempts.push(attempt);
    return [...said, ...this.#advance(attempt)];
  }

  #advance(attempt: Attempt): string[] {
    attempt.stage++;
    const said = [say(attempt, 'advanced')];
    if (attempt.stage < attempt.door.sequence.length) return said;
    this.remove(attempt);
    return [...said, say(attempt, 'completed')];
  }

  #restart(attempt: Attempt, now: number): void {
    this.remove(attempt);
    attempt.start = now;
    this.attempts.push(attempt);
  }

  #makeRoom(evicted: string[]): string[] {
    if (this.attempts.length < this.#capacity) return [];
    const said = evicted.shift();
    const victim = this.attempts.find((attempt) => say(attempt, 'evicted') === said);
    if (victim === undefined) return [`nobody made room: ${said}`];
    this.remove(victim);
    return [say(victim, 'evicted')];
  }
}

export const say = ({ source, door, stage }: Attempt, what: string): string =>
  `${source} ${door.name} ${what} ${stage}`;

function listens(door: Door, packet: ModelPacket): boolean {
  return door.sequence.some((_, stage) => isStep(door, stage, packet)) && meets(door, packet);
}

/** Whether it is sent where the door listens, with flags that the door takes, to whatever port. */
function meets(door: Door, packet: ModelPacket): boolean {
  if (packet.protocol === 'tcp' && (packet.flags & door.flags.mask) !== door.flags.value) return false;
  return door.target === undefined ? packet.local : door.target === packet.destination;
}

function isStep(door: Door, stage: number, packet: ModelPacket): boolean {
  const step = door.sequence[stage];
  return step?.protocol === packet.protocol && step.port === packet.port;
}

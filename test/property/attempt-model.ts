// The engine once more, from the words: lists, and a look at each of their members.
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
type Seen = { readonly packet: ModelPacket; at: number };

/** What a step of an attempt reads like: `10.0.0.1 ssh advanced 1`. */
export type ModelOffer = 'ignored' | 'retransmission' | string[];

const RETRANSMISSION_MS = 65_000;

export class AttemptModel {
  #doors: readonly Door[];
  readonly #capacity: number;
  /** In the order of their first knocks. */
  readonly attempts: Attempt[] = [];
  readonly #seen: Seen[] = [];

  constructor(doors: readonly Door[], capacity: number) {
    this.#doors = doors;
    this.#capacity = capacity;
  }

  /** `evicted` names the attempts that the engine says it has made room with, in order. */
  offer(packet: ModelPacket, now: number, evicted: string[]): ModelOffer {
    const doors = this.#doors.filter((door) => listens(door, packet));
    if (doors.length === 0) return 'ignored';
    if (this.#isRetransmission(packet, now)) return 'retransmission';
    return doors.flatMap((door) => this.#knock(door, packet, now, evicted));
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

  #isRetransmission(packet: ModelPacket, now: number): boolean {
    const memory = packet.protocol === 'udp' ? 1 : RETRANSMISSION_MS;
    const known = this.#seen.find(({ packet: other }) => JSON.stringify(other) === JSON.stringify(packet));
    const again = known !== undefined && Math.abs(now - known.at) <= memory;
    if (known === undefined) this.#seen.push({ packet, at: now });
    else known.at = now;
    return again;
  }

  #knock(door: Door, packet: ModelPacket, now: number, evicted: string[]): string[] {
    const said: string[] = [];
    let attempt = this.attempts.find((one) => one.door.name === door.name && one.source === packet.source);
    if (attempt !== undefined && this.isLate(attempt, now)) {
      said.push(say(attempt, 'expired'));
      this.remove(attempt);
      attempt = undefined;
    }
    const isRight = isStep(door, attempt?.stage ?? 0, packet);
    if (attempt !== undefined && !isRight) {
      said.push(say(attempt, 'failed'));
      this.remove(attempt);
      attempt = undefined;
    }
    if (attempt === undefined && !isStep(door, 0, packet)) return said;
    if (attempt === undefined) {
      if (door.sequence.length > 1) said.push(...this.#makeRoom(evicted));
      attempt = { door, source: packet.source, stage: 0, start: now };
      this.attempts.push(attempt);
    }
    attempt.stage++;
    said.push(say(attempt, 'advanced'));
    if (attempt.stage === door.sequence.length) {
      said.push(say(attempt, 'completed'));
      this.remove(attempt);
    }
    return said;
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
  if (!door.sequence.some(({ protocol, port }) => protocol === packet.protocol && port === packet.port))
    return false;
  if (packet.protocol === 'tcp' && (packet.flags & door.flags.mask) !== door.flags.value) return false;
  return door.target === undefined ? packet.local : door.target === packet.destination;
}

function isStep(door: Door, stage: number, packet: ModelPacket): boolean {
  const step = door.sequence[stage];
  return step?.protocol === packet.protocol && step.port === packet.port;
}

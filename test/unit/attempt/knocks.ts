import { AttemptEngine } from '../../../src/core/attempt/attempt-engine.ts';
import type { SequenceCompletion } from '../../../src/core/attempt/completion.ts';
import { DEFAULT_LIMITS, type EngineLimits } from '../../../src/core/attempt/engine-limits.ts';
import { OFFER } from '../../../src/core/attempt/offer.ts';
import { ScanGuard } from '../../../src/core/attempt/scan-guard.ts';
import { STEP, Steps } from '../../../src/core/attempt/steps.ts';
import { DecoyPorts, type HostPorts } from '../../../src/core/decoy/decoy-ports.ts';
import { drawShare } from '../../../src/core/decoy/port-share.ts';
import type { Door } from '../../../src/core/door/door.ts';
import type { Sequence } from '../../../src/core/door/sequence.ts';
import { type Address, addressWords, familyOf, parseAddress } from '../../../src/core/net/address.ts';
import type { Port } from '../../../src/core/net/port.ts';
import { PROTOCOL_NUMBER, type Protocol } from '../../../src/core/net/protocol.ts';
import { ANY_FLAGS, type FlagRule } from '../../../src/core/net/tcp-flags.ts';
import { millis } from '../../../src/core/net/time.ts';
import { Packet } from '../../../src/core/packet/packet.ts';

const WORDS = new Map<number, string>(Object.entries(STEP).map(([word, kind]) => [kind, word]));

const SECRET = [0x0123_4567, 0x89ab_cdef] as const;

export type DoorOptions = { readonly timeout?: number; readonly flags?: FlagRule; readonly target?: Address };

/** A door with a sequence such as `7000,8000:udp`; it may take 5 seconds. */
export function door(name: string, sequence: string, options: DoorOptions = {}): Door {
  const steps = sequence.split(',').map(step) as unknown as Sequence;
  return {
    name,
    sequence: steps,
    sequenceSource: { kind: 'fixed', sequence: steps },
    seqTimeout: millis(options.timeout ?? 5000),
    flags: options.flags ?? ANY_FLAGS,
    ...(options.target === undefined ? {} : { target: options.target }),
    opening: { kind: 'command', commands: { 4: {}, 6: {} }, cmdTimeout: millis(10_000) },
  };
}

export function address(text: string): Address {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new Error(`${text} is not an address`);
  return parsed;
}

/** One packet as a test writes it. Without `identity` it is a packet that there has not been before. */
export type Knock = {
  readonly port: string | number;
  readonly at: number;
  readonly from?: string;
  readonly to?: string;
  readonly flags?: number;
  readonly sourcePort?: number;
  readonly identity?: number;
  /** Whether it is sent to an address of this host. */
  readonly local?: boolean;
};

/** An engine that is told knocks and says in words what came of them. */
export class TestEngine {
  readonly engine: AttemptEngine;
  readonly #steps = new Steps();
  readonly #packet = new Packet();
  #sent = 0;

  constructor(
    doors: readonly Door[],
    limits: EngineLimits = { attempts: 1000, recentPackets: 4096 },
    guard?: ScanGuard,
  ) {
    this.engine = new AttemptEngine(doors, SECRET, limits, guard);
  }

  /** `10.0.0.1 ssh advanced 1` for every step, or `ignored` or `retransmission`. */
  offer(knock: Knock): string[] {
    const packet = readKnock(knock, this.#packet, ++this.#sent);
    const offer = this.engine.offer(packet, knock.local ?? true, knock.at, this.#steps);
    if (offer === OFFER.ignored) return ['ignored'];
    if (offer === OFFER.penalty) return ['suspicion'];
    if (offer === OFFER.repeat) return ['repeat'];
    return offer === OFFER.retransmission ? ['retransmission'] : this.#said();
  }

  /** A SYN from 10.0.0.1, without words for what comes of it, for loops of millions. Returns how many doors it opens. */
  knock(port: number, at: number): number {
    const packet = this.#packet;
    packet.family = 4;
    packet.protocol = 6;
    packet.flags = 2;
    packet.source3 = 0x0a00_0001;
    packet.destinationPort = port;
    packet.identity = ++this.#sent;
    this.engine.offer(packet, true, at, this.#steps);
    return this.#steps.completions.length;
  }

  /** What comes of knocks from 10.0.0.1 at the ports, a millisecond apart, the last one's only. */
  offerAll(ports: string, at: number, knock: Partial<Knock> = {}): string[] {
    let said: string[] = [];
    for (const [i, port] of ports.split(',').entries()) said = this.offer({ ...knock, port, at: at + i });
    return said;
  }

  expire(now: number, limit = 1000): string[] {
    this.engine.expire(now, limit, this.#steps);
    return this.#said();
  }

  /** Those of the last call. */
  get completions(): readonly SequenceCompletion[] {
    return this.#steps.completions;
  }

  #said(): string[] {
    const steps = this.#steps;
    return Array.from({ length: steps.count }, (_, i) => {
      const name = this.engine.doors[steps.door(i)]?.name ?? 'a gap';
      return `${steps.source(i)} ${name} ${WORDS.get(steps.kind(i))} ${steps.stage(i)}`;
    });
  }
}

/** One with a scan guard; `penalty` in ms. */
export class GuardedEngine extends TestEngine {
  readonly #guard: ScanGuard;

  constructor(
    doors: readonly Door[],
    ports: HostPorts,
    penalty: number,
    suspects = 4096,
    secret: readonly [number, number] = SECRET,
  ) {
    const guard = new ScanGuard(suspects, secret);
    guard.follow({ decoys: new DecoyPorts(doors, ports, drawShare(secret)), penalty });
    super(doors, DEFAULT_LIMITS, guard);
    this.#guard = guard;
  }

  get touches(): number {
    return this.#guard.touches;
  }
}

/** The knock in a packet; `serial` makes those that say nothing else different from each other. */
export function readKnock(knock: Knock, packet: Packet, serial: number): Packet {
  const source = address(knock.from ?? '10.0.0.1');
  const { protocol, port } = step(String(knock.port));
  packet.family = familyOf(source);
  [packet.source0, packet.source1, packet.source2, packet.source3] = addressWords(source);
  const to = address(knock.to ?? (packet.family === 4 ? '10.0.0.254' : 'fd00::254'));
  [packet.destination0, packet.destination1, packet.destination2, packet.destination3] = addressWords(to);
  packet.protocol = PROTOCOL_NUMBER[protocol];
  packet.sourcePort = knock.sourcePort ?? 1024 + (serial % 60_000);
  packet.destinationPort = port;
  packet.flags = protocol === 'tcp' ? (knock.flags ?? 0x02) : 0;
  packet.identity = knock.identity ?? serial;
  return packet;
}

function step(text: string): { readonly protocol: Protocol; readonly port: Port } {
  const [port, protocol = 'tcp'] = text.split(':');
  return { protocol: protocol as Protocol, port: Number(port) as Port };
}

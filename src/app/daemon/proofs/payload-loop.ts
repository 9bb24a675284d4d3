import type { HashKey } from '../../../core/attempt/keyed-hash.ts';
import { RecentPackets } from '../../../core/attempt/recent-packets.ts';
import type { BanList } from '../../../core/ban/ban-list.ts';
import { requiredSilence } from '../../../core/budget/fair-share.ts';
import type { KnownSources } from '../../../core/budget/known-sources.ts';
import { NONE, SourceBuckets } from '../../../core/budget/source-buckets.ts';
import { WorkBudget } from '../../../core/budget/work-budget.ts';
import { PROTOCOL_NUMBER } from '../../../core/net/protocol.ts';
import { instant } from '../../../core/net/time.ts';
import { Packet, packetDestination, packetSource } from '../../../core/packet/packet.ts';
import { READING, readPacket } from '../../../core/packet/read-packet.ts';
import type { Capture, Frame } from '../../../host/capture/capture.ts';
import { threadCpuMs } from '../../../host/clock/thread-cpu.ts';
import type { Readiness } from '../../../host/ffi/readiness.ts';
import { type HeardInterfaces, ORIGIN, PacketOrigin } from '../packets/packet-origin.ts';
import type { PayloadJudge, SkipReason } from './payload-judge.ts';
import type { PayloadPacket } from './payload-packet.ts';

/** Time limit of one turn, plus the last packet: a port knock waits no longer. */
const SLICE_MS = 1;

/** The clock is read once in so many packets, and after each judged one. */
const LOOK_EVERY = 64;
/** Reading the CPU clock costs as much as a packet, so it is read no more often than this. */
const SPEND_EVERY_MS = 0.1;

/**
 * Each wake-up costs as much as a hundred packets. Beyond this rate, in wake-ups per ms, the loop rests, as `KnockLoop`
 * does.
 */
const WAKE_UPS_PER_MS = 0.04;
const WAKE_UPS_AT_ONCE = 100;
const REST_MS = 20;
/** Work done between two turns counts as the cost of a wake-up, up to this limit. */
const MOST_FOR_WAKE_UP_MS = 0.1;
const REST_PACKETS = 64;

/**
 * A quarter of a core, of which up to 50 ms can be saved up; a tenth is reserved for sources that have opened a door before.
 * Valid proofs are not charged: only a user can send one, and each key has its own limit.
 */
const WORK = { share: 0.25, depth: 50, reserve: 0.1 } as const;

/** Limits per source. A known source gets more: its programs may open many connections at once. */
const RATES = {
  strangers: { burst: 5, perSecond: 10 },
  known: { burst: 40, perSecond: 50 },
} as const;
/** Enough places for strangers that with 65,536 forged sources, 999 of 1,000 honest ones have a place of their own. */
const PLACES = { strangers: 1_048_576, known: 65_536 } as const;

/** Two sightings of one packet, on a bridge and on its port, follow each other directly. */
const RECENT = 4096;

/** TCP gives up resending a segment by then. For UDP and ICMP only a second sighting of one packet is a copy. */
const SENT_AGAIN_MS = 60_000;

export type PayloadLoopParts = {
  readonly capture: Capture;
  /** A quarter of the ring. If more packets wait, only strangers silent for long are judged; if twice as many, none. */
  readonly backlogLimit: number;
  readonly interfaces: HeardInterfaces;
  readonly bans: BanList;
  readonly known: KnownSources;
  readonly secret: HashKey;
  /** Reads the rings that have precedence. */
  readonly drainOthers: () => void;
  /** Whether a door accepts packets for this address, which is not the host's. */
  readonly isTarget: (packet: Packet) => boolean;
  readonly judge: PayloadJudge;
};

/** Carries packets from their ring through the cheap checks, and those within the budgets to the judge. */
export class PayloadLoop {
  readonly #parts: PayloadLoopParts;
  readonly #packet = new Packet();
  readonly #origin: PacketOrigin;
  readonly #recent: RecentPackets;
  /** Strangers cannot use up the tokens of known sources. */
  readonly #buckets: { readonly known: SourceBuckets; readonly strangers: SourceBuckets };
  readonly #work = new WorkBudget(WORK);
  readonly #take = (frame: Frame): void => this.#readFrame(frame);
  #readiness: Readiness | undefined;
  #rest: NodeJS.Timeout | undefined;
  #wakeUps = 0;
  /** When the clock was read last, and how full the ring was then. */
  #now = 0;
  #isCrowded = false;
  #isOverrun = false;
  /** When the turn began, and the thread CPU time up to which work has been charged. */
  #turnAt = 0;
  #spentTo = 0;
  /** When the CPU clock was read last. */
  #spentAt = 0;
  #hasJudged = false;
  /** The time slice ended before the ring was empty. */
  #isCut = false;
  #isStopped = false;

  constructor(parts: PayloadLoopParts) {
    this.#parts = parts;
    this.#origin = new PacketOrigin(parts.interfaces);
    this.#recent = new RecentPackets(RECENT, parts.secret);
    const [a, b] = parts.secret;
    this.#buckets = {
      known: new SourceBuckets(PLACES.known, [b, a], RATES.known),
      strangers: new SourceBuckets(PLACES.strangers, [a, ~b], RATES.strangers),
    };
  }

  start(): void {
    this.#readiness = this.#parts.capture.watch(() => this.#turn());
  }

  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    clearTimeout(this.#rest);
    this.#readiness?.close();
    this.#origin.close();
  }

  /** Processes what has already arrived, before longer work. */
  drainArrived(): void {
    if (this.#isStopped || !this.#work.allows(true, performance.now())) return;
    this.#beginTurn();
    this.#drainSlice();
    this.#look();
    this.#spend();
  }

  /** If packets remain in the ring, the descriptor stays readable: the next turn comes after other work. */
  #turn(): void {
    if (this.#isStopped) return;
    this.#work.spend(Math.min(MOST_FOR_WAKE_UP_MS, threadCpuMs() - this.#spentTo));
    this.#parts.drainOthers();
    const before = this.#turnAt;
    this.#beginTurn();
    const taken = this.#drainSlice();
    this.#look();
    this.#spend();
    const now = this.#now;
    const passed = this.#turnAt - before;
    this.#wakeUps = Math.max(0, this.#wakeUps - passed * WAKE_UPS_PER_MS) + 1;
    if (!this.#work.allows(true, now)) this.#restFor(Math.min(REST_MS, Math.max(1, this.#work.wait(now))));
    else if (this.#wakeUps < WAKE_UPS_AT_ONCE || taken === 0 || this.#isCut) this.#readiness?.resume();
    else this.#restFor(Math.min(REST_MS, (passed * REST_PACKETS) / taken));
  }

  #beginTurn(): void {
    this.#look();
    this.#turnAt = this.#now;
    this.#spentAt = this.#now;
    this.#spentTo = threadCpuMs();
  }

  #restFor(ms: number): void {
    this.#readiness?.pause();
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => this.#turn(), ms);
  }

  #drainSlice(): number {
    let taken = 0;
    this.#isCut = false;
    while (!this.#isCut && this.#parts.capture.drain(1, this.#take) === 1) {
      taken++;
      if (!this.#hasJudged && taken % LOOK_EVERY !== 0) continue;
      this.#hasJudged = false;
      this.#look();
      if (this.#now - this.#spentAt >= SPEND_EVERY_MS) this.#spend();
      this.#isCut = this.#now - this.#turnAt >= SLICE_MS;
    }
    return taken;
  }

  #look(): void {
    const { capture, backlogLimit } = this.#parts;
    this.#now = performance.now();
    this.#isCrowded = capture.holds(backlogLimit);
    this.#isOverrun = this.#isCrowded && capture.holds(2 * backlogLimit);
  }

  #spend(): void {
    this.#spentAt = this.#now;
    const cpu = threadCpuMs();
    this.#work.spend(cpu - this.#spentTo);
    this.#spentTo = cpu;
  }

  #readFrame(frame: Frame): void {
    const { interfaces, judge } = this.#parts;
    if (!interfaces.hears(frame.interfaceIndex)) return;
    const packet = this.#packet;
    const reading = readPacket(frame.bytes, frame.start, frame.end, packet);
    if (reading !== READING.packet && reading !== READING.otherProtocol) return;
    // A segment that TCP resends is recognized by its sequence number.
    if (packet.protocol !== PROTOCOL_NUMBER.tcp) packet.identity = frame.nanoseconds;
    if (!judge.recognizes(frame.bytes, packet)) return;
    const now = frame.seconds * 1000 + frame.nanoseconds / 1e6;
    if (this.#origin.judge(frame, packet) !== ORIGIN.possible) return;
    const isLocal = this.#origin.isLocal(frame, packet);
    if (!isLocal && !this.#parts.isTarget(packet)) return;
    if (this.#recent.offer(packet, now, SENT_AGAIN_MS)) return;
    const isReplayed = judge.isUsed(frame.bytes, packet);
    const skipReason = this.#skipReason(now);
    const why = isReplayed ? 'used' : skipReason;
    if (why !== undefined) judge.turnAway(why);
    if (skipReason !== undefined) return;
    const taken = this.#payloadPacket(frame, isLocal, now);
    this.#hasJudged = true;
    if (isReplayed) judge.judgeUsed(taken);
    // Its work is not charged, nor what came at most SPEND_EVERY_MS before it.
    else if (judge.judge(taken)) this.#spentTo = threadCpuMs();
  }

  /** Why the packet is not examined further; `undefined`: it is. */
  #skipReason(now: number): SkipReason | undefined {
    const { bans, known } = this.#parts;
    const { family, source0, source1, source2, source3 } = this.#packet;
    if (bans.has(family, source0, source1, source2, source3, now)) return 'banned';
    const isKnown = known.has(family, source0, source1, source2, source3);
    const buckets = isKnown ? this.#buckets.known : this.#buckets.strangers;
    const silence = buckets.take(family, source0, source1, source2, source3, this.#turnAt);
    if (silence === NONE) return 'rate';
    if (!this.#work.allows(isKnown, this.#now)) return 'budget';
    if (isKnown) return undefined;
    // A known source must not be lost behind strangers who are judged one by one.
    if (this.#isOverrun) return 'budget';
    const fullness = this.#isCrowded ? 0 : this.#work.fullness(this.#now);
    return silence < requiredSilence(fullness) ? 'budget' : undefined;
  }

  #payloadPacket(frame: Frame, isLocal: boolean, now: number): PayloadPacket {
    const packet = this.#packet;
    return {
      payload: frame.bytes.slice(packet.payloadStart, packet.payloadEnd),
      source: packetSource(packet),
      sourcePort: packet.sourcePort,
      destination: packetDestination(packet),
      port: packet.destinationPort,
      interfaceIndex: frame.interfaceIndex,
      isLocal,
      at: instant(now),
      isDroppedByKernel: () => isLocal && this.#origin.isDroppedByKernel(frame, packet),
    };
  }
}

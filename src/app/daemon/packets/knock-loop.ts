import type { AttemptEngine } from '../../../core/attempt/attempt-engine.ts';
import { OFFER, WATCHED } from '../../../core/attempt/offer.ts';
import { Steps } from '../../../core/attempt/steps.ts';
import type { BanList } from '../../../core/ban/ban-list.ts';
import { PROTOCOL_NUMBER } from '../../../core/net/protocol.ts';
import { instant } from '../../../core/net/time.ts';
import { Packet } from '../../../core/packet/packet.ts';
import { READING, readPacket } from '../../../core/packet/read-packet.ts';
import { REASONS } from '../../../core/say/reasons.ts';
import type { SourceTraces } from '../../../core/trace/source-traces.ts';
import type { SplitSequences } from '../../../core/trace/split-sequences.ts';
import type { Capture, Frame } from '../../../host/capture/capture.ts';
import { preferHugePages } from '../../../host/ffi/huge-pages.ts';
import type { Readiness } from '../../../host/ffi/readiness.ts';
import type { Reports } from '../reporting/reports.ts';
import type { CodePackets, OnCode } from './code-packets.ts';
import { LostPackets } from './lost-packets.ts';
import { noteSplit } from './note-split.ts';
import type { OnCompletion } from './on-completion.ts';
import { type HeardInterfaces, ORIGIN, PacketOrigin } from './packet-origin.ts';
import { PacketReports } from './packet-reports.ts';
import type { ScanWatch } from './scan-watch.ts';
import { NO_SPREAD, type SpreadListener } from './spread-listener.ts';

/** Packets processed before timers, signals and ended commands get their turn. */
const BATCH = 4096;

/** Wake-ups per ms beyond which the loop rests between two drains: each costs as much as a hundred packets. */
const WAKE_UPS_PER_MS = 0.04;
const WAKE_UPS_AT_ONCE = 100;

/** The longest delay of a knock during noise. A rest is shorter if an eighth of the ring would fill meanwhile. */
const REST_MS = 20;
const REST_PACKETS = 2048;

/**
 * Time for packets to come out of the ring before the clock ends an attempt that they may belong to. It only delays a
 * log line; packet time alone decides about the attempt.
 */
const EXPIRY_SLACK_MS = 250;
const EXPIRY_BATCH = 4096;

/** With attempts pending, expiry is checked this often: a reload may have brought a door with a shorter time. */
const EXPIRY_LOOK_MS = 1000;

export type KnockLoopParts = {
  readonly capture: Capture;
  readonly engine: AttemptEngine;
  readonly codes: CodePackets;
  readonly interfaces: HeardInterfaces;
  readonly reports: Reports;
  readonly scans: ScanWatch;
  readonly traces: SourceTraces;
  readonly splits: SplitSequences;
  readonly bans: BanList;
};

const DROPPED_BY_KERNEL = REASONS['kernel-last'];

/** Carries packets from the capture through the engine, and passes results to the log and the doors. */
export class KnockLoop {
  readonly #parts: KnockLoopParts;
  readonly #packet = new Packet();
  readonly #origin: PacketOrigin;
  readonly #steps = new Steps();
  readonly #take = (frame: Frame): void => this.#readFrame(frame);
  #readiness: Readiness | undefined;
  #onCompletion: OnCompletion = () => undefined;
  #onCode: OnCode = () => undefined;
  #spread: SpreadListener = NO_SPREAD;
  #expiry: NodeJS.Timeout | undefined;
  #rest: NodeJS.Timeout | undefined;
  /** Recent wake-ups, decreasing at the rate of `WAKE_UPS_PER_MS`. */
  #wakeUps = 0;
  #now = 0;
  readonly #told: PacketReports;
  readonly #lost: LostPackets;
  #stopped = false;

  constructor(parts: KnockLoopParts) {
    this.#parts = parts;
    this.#origin = new PacketOrigin(parts.interfaces);
    this.#told = new PacketReports(parts);
    this.#lost = new LostPackets(parts.capture, parts.reports);
  }

  start(onCompletion: OnCompletion, onCode: OnCode): void {
    this.#onCompletion = onCompletion;
    this.#onCode = onCode;
    preferHugePages(this.#parts.engine.memory);
    this.#readiness = this.#parts.capture.watch(() => this.#drain());
  }

  /** Knocks that reach other hosts count from now on. */
  useSpread(spread: SpreadListener): void {
    this.#spread = spread;
  }

  /** The engine's doors have changed. `others`: names of those that it does not have. */
  doorsReplaced(others: readonly string[]): void {
    this.#told.doorsReplaced();
    const { doors } = this.#parts.engine;
    this.#parts.traces.replaceDoors(doors, others);
    this.#parts.splits.replaceDoors(doors);
    this.#spread.follow(doors.filter((door) => door !== undefined));
  }

  /** Asks the kernel what the last knock makes it ask: the first one must not wait for a socket. */
  rehearse(): void {
    this.#origin.rehearse();
  }

  /** Processes what has already arrived, and nothing after that. */
  stop(): void {
    if (this.#stopped) return;
    this.#drain();
    this.#stopped = true;
    this.#spread.stop();
    this.#lost.stop();
    this.#readiness?.close();
    this.#origin.close();
    clearTimeout(this.#expiry);
    clearTimeout(this.#rest);
  }

  /** Processes what has already arrived, then rests as before. */
  drainArrived(): void {
    if (this.#stopped || this.#drainRing() === 0) return;
    this.#scheduleExpiry();
  }

  #drain(): void {
    if (this.#stopped) return;
    clearTimeout(this.#rest);
    const before = this.#now;
    const taken = this.#drainRing();
    const passed = this.#now - before;
    if (taken === BATCH) this.#lost.ask(this.#now);
    this.#scheduleExpiry();
    this.#wakeUps = Math.max(0, this.#wakeUps - passed * WAKE_UPS_PER_MS) + 1;
    if (this.#wakeUps < WAKE_UPS_AT_ONCE || taken === 0 || taken === BATCH) this.#readiness?.resume();
    else this.#restFor(Math.min(REST_MS, (passed * REST_PACKETS) / taken));
  }

  /** Returns the number of packets processed at a time. */
  #drainRing(): number {
    this.#now = performance.now();
    this.#spread.beforePackets();
    const taken = this.#parts.capture.drain(BATCH, this.#take);
    if (taken > 0) this.#parts.reports.feed.rates.add(taken, 0, this.#now);
    return taken;
  }

  #restFor(ms: number): void {
    this.#readiness?.pause();
    this.#rest = setTimeout(() => this.#drain(), ms);
  }

  #readFrame(frame: Frame): void {
    const { interfaces, engine, codes, reports, scans, traces } = this.#parts;
    if (!interfaces.hears(frame.interfaceIndex)) return;
    const packet = this.#packet;
    if (readPacket(frame.bytes, frame.start, frame.end, packet) !== READING.packet) return;
    if (packet.protocol === PROTOCOL_NUMBER.udp) packet.identity = frame.nanoseconds;
    if (reports.isDebug) this.#told.debug(packet, frame.end - frame.start);
    // Nothing is allocated up to here.
    const watched = engine.watches(packet);
    const isCode = codes.watches(packet);
    if (watched === WATCHED.nothing && !isCode) return;
    const now = frame.seconds * 1000 + frame.nanoseconds / 1e6;
    const origin = this.#origin.judge(frame, packet);
    if (origin !== ORIGIN.possible) {
      if (origin !== ORIGIN.seenAgain) traces.addRejected(packet, origin, now);
      return;
    }
    if (this.#isBanned(now)) {
      traces.addBanned(packet, now);
      return;
    }
    // A service may have started on the port since it became a decoy port.
    if (watched === WATCHED.decoyPort && scans.isServedNow(packet, this.#now)) return;
    const local = this.#origin.isLocal(frame, packet);
    if (isCode) this.#offerCode(frame, local, now);
    if (watched === WATCHED.nothing) return;
    const offer = engine.offer(packet, local, now, this.#steps);
    const isKnockPort = watched === WATCHED.knockPort;
    traces.add(packet, offer, this.#steps, local, isKnockPort, now, frame.toThisHost);
    if (offer === OFFER.knock) {
      reports.count('knocks');
      this.#report(local ? frame : undefined);
      if (local) noteSplit(this.#parts, packet, this.#now, instant(now));
    } else if (offer === OFFER.penalty) this.#told.scan(packet, this.#now);
    if (isKnockPort && this.#spread.remember(packet, local, now)) {
      this.#spread.lastKnock(packet, now, this.#steps, this.#whyNot(local ? frame : undefined));
    }
  }

  #whyNot(frame: Frame | undefined): string | undefined {
    return frame !== undefined && this.#origin.isDroppedByKernel(frame, this.#packet)
      ? DROPPED_BY_KERNEL
      : undefined;
  }

  #offerCode(frame: Frame, local: boolean, now: number): void {
    const { codes, traces, reports } = this.#parts;
    const isDroppedByKernel = (): boolean => local && this.#origin.isDroppedByKernel(frame, this.#packet);
    const what = codes.offer(this.#packet, local, now, this.#onCode, isDroppedByKernel);
    if (what === 'nothing') return;
    reports.count('knocks');
    if (what === 'half') traces.addCode(this.#packet, 'code-half', now);
  }

  #isBanned(now: number): boolean {
    const { family, source0, source1, source2, source3 } = this.#packet;
    return this.#parts.bans.has(family, source0, source1, source2, source3, now);
  }

  /** `frame`: absent if no packet caused it. */
  #report(frame?: Frame): void {
    const steps = this.#steps;
    for (let i = 0; i < steps.count; i++) this.#told.step(steps, i, this.#now);
    if (steps.completions.length === 0) return;
    const whyNot = this.#whyNot(frame);
    for (const completion of steps.completions) {
      this.#parts.reports.completed(completion.door.name);
      this.#onCompletion(completion, whyNot);
    }
  }

  #scheduleExpiry(): void {
    if (this.#expiry !== undefined || this.#stopped) return;
    const next = this.#parts.engine.nextExpiry();
    if (next === undefined) return;
    const wait = Math.min(Math.max(0, next - Date.now()), EXPIRY_LOOK_MS) + EXPIRY_SLACK_MS;
    this.#expiry = setTimeout(() => this.#expire(), wait);
  }

  #expire(): void {
    this.#expiry = undefined;
    this.#drain();
    clearTimeout(this.#expiry);
    this.#expiry = undefined;
    const more = this.#parts.engine.expire(Date.now() - EXPIRY_SLACK_MS / 2, EXPIRY_BATCH, this.#steps);
    this.#parts.traces.addExpired(this.#steps, Date.now());
    this.#report();
    if (more) setImmediate(() => this.#expire());
    else this.#scheduleExpiry();
  }
}

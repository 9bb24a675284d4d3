import { AttemptEngine } from '../../../core/attempt/attempt-engine.ts';
import { DEFAULT_LIMITS } from '../../../core/attempt/engine-limits.ts';
import type { HashKey } from '../../../core/attempt/keyed-hash.ts';
import type { PendingAttempt } from '../../../core/attempt/pending-attempt.ts';
import type { ScanGuard, ScanPolicy } from '../../../core/attempt/scan-guard.ts';
import { BanList, MAX_BANS } from '../../../core/ban/ban-list.ts';
import type { Config } from '../../../core/config/file/config.ts';
import type { InterfaceSetting } from '../../../core/config/values/parse-interfaces.ts';
import { codeDoors, type Door } from '../../../core/door/door.ts';
import { SourceTraces, TRACED_SOURCES } from '../../../core/trace/source-traces.ts';
import { SplitSequences } from '../../../core/trace/split-sequences.ts';
import type { Capture, CaptureCounters } from '../../../host/capture/capture.ts';
import { openRingCapture } from '../../../host/capture/ring-capture.ts';
import type { Reports } from '../reporting/reports.ts';
import { CodePackets, type OnCode } from './code-packets.ts';
import { drawSecret } from './draw-secret.ts';
import { InterfaceWatch } from './interface-watch.ts';
import { KnockLoop } from './knock-loop.ts';
import type { OnCompletion } from './on-completion.ts';
import { ScanWatch } from './scan-watch.ts';
import type { SpreadListener } from './spread-listener.ts';

export type KnockListenerParts = {
  readonly doors: readonly Door[];
  readonly config: Config;
  readonly ipv6: boolean;
  readonly interfaces: InterfaceSetting;
  /** Doors need to know which interfaces have the default route. */
  readonly routes: boolean;
  readonly reports: Reports;
};

/** How long a count of penalties stays valid: counting scans the whole table. */
const PENALTY_COUNT_MS = 1000;

/**
 * Receives packets and decides which of them open doors: the capture, the interfaces, the attempt engine and its scan
 * guard.
 */
export class KnockListener {
  readonly interfaces: InterfaceWatch;
  readonly traces: SourceTraces;
  readonly splits: SplitSequences;
  readonly bans: BanList;
  readonly #capture: Capture;
  readonly #scans: ScanWatch;
  readonly #engine: AttemptEngine;
  readonly #codes: CodePackets;
  readonly #loop: KnockLoop;
  #doors: readonly Door[];
  #isClosed = false;
  #suspects = { count: 0, at: Number.NEGATIVE_INFINITY };

  /** Opens the capture. Throws the system's error. */
  constructor(parts: KnockListenerParts) {
    const { doors, config, ipv6, reports } = parts;
    const { report } = reports;
    this.#doors = doors;
    const setFilter = (filter: string): void => this.#capture.setFilter(filter);
    this.#scans = new ScanWatch(drawSecret(), ipv6, setFilter, report);
    this.#scans.adopt(this.#scans.prepare(doors, config));
    this.interfaces = new InterfaceWatch(parts.interfaces, parts.routes, report);
    this.#engine = new AttemptEngine(doors, this.#scans.secret, DEFAULT_LIMITS, this.#scans.guard);
    const { secret } = this.#scans;
    this.traces = new SourceTraces(TRACED_SOURCES, secret, this.#engine.doors, othersOf(config, doors));
    this.splits = new SplitSequences(doors);
    this.bans = new BanList(MAX_BANS, secret);
    this.#capture = openRingCapture(this.#scans.filter);
    this.#codes = new CodePackets(codeDoors(config.doors), secret);
    this.#loop = new KnockLoop({
      codes: this.#codes,
      capture: this.#capture,
      engine: this.#engine,
      interfaces: this.interfaces,
      reports,
      scans: this.#scans,
      traces: this.traces,
      splits: this.splits,
      bans: this.bans,
    });
  }

  /** The scan guard, with its penalties. */
  get guard(): ScanGuard {
    return this.#scans.guard;
  }

  /** The rules for completed sequences. */
  get policy(): ScanPolicy | undefined {
    return this.#scans.policy;
  }

  /** Drawn at the start, for hashes. */
  get secret(): HashKey {
    return this.#scans.secret;
  }

  /** See `KnockLoop`. */
  rehearse(): void {
    this.#loop.rehearse();
  }

  /** Knocks that reach other hosts count from now on. */
  useSpread(spread: SpreadListener): void {
    this.#loop.useSpread(spread);
    spread.follow(this.#doors);
  }

  get doors(): readonly Door[] {
    return this.#doors;
  }

  /** In tcpdump's syntax, without the secret decoy ports. */
  get filterWithoutSecret(): string {
    return this.#scans.filterWithoutSecret;
  }

  /** Number of pending attempts. */
  get pending(): number {
    return this.#engine.pending;
  }

  attempts(each: number, limit: number): Generator<PendingAttempt> {
    return this.#engine.pendingAttempts(each, limit);
  }

  /** Decoy ports touched since the start. */
  get touches(): number {
    return this.#scans.guard.touches;
  }

  /** Sources under penalty, counted at most a second ago. */
  get suspects(): number {
    const now = performance.now();
    if (now - this.#suspects.at > PENALTY_COUNT_MS) {
      this.#suspects = { count: this.#scans.guard.countPenalties(Date.now()), at: now };
    }
    return this.#suspects.count;
  }

  packets(): CaptureCounters {
    return this.#capture.counters();
  }

  /** Reads what has already arrived, before longer work. */
  drainArrived(): void {
    this.#loop.drainArrived();
  }

  /** Processes packets from now on, including those received since the capture was opened. */
  listen(onCompletion: OnCompletion, onCode: OnCode): void {
    this.#loop.start(onCompletion, onCode);
  }

  /** The filter is replaced first: only that can fail, and then nothing has changed. */
  replaceDoors(doors: readonly Door[], config: Config): void {
    this.#scans.replace(doors, config);
    this.#engine.replaceDoors(doors);
    this.#codes.follow(codeDoors(config.doors));
    this.#loop.doorsReplaced(othersOf(config, doors));
    this.#doors = doors;
  }

  /** Processes what has already arrived, and nothing after that. */
  stop(): void {
    this.#loop.stop();
  }

  /** May be called whether or not it has been stopped. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#loop.stop();
    this.#capture.close();
  }
}

/** Names of the doors that no sequence opens now: other proofs may. */
function othersOf({ doors: specs }: Config, doors: readonly Door[]): readonly string[] {
  const names = new Set(doors.map(({ name }) => name));
  return specs.flatMap(({ name }) => (names.has(name) ? [] : [name]));
}

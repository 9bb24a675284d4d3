import type { StepKind } from '../../../core/attempt/steps.ts';
import type { Counted } from '../../../core/control/daemon-status.ts';
import { type Event, isLogged, type LogEvent } from '../../../core/event/event.ts';
import type { DaemonCounters } from './daemon-counters.ts';
import type { EventLog } from './event-log.ts';
import type { Feed } from './feed.ts';
import { type LogTargets, reopenLog } from './open-sinks.ts';

/** Receives every event, besides the log and the counters. */
export type Subscriber = {
  readonly onEvent?: (event: Event) => void;
  /** The number of leases has changed. */
  readonly onLeaseCount?: () => void;
};

/** A step of an attempt that was counted and admitted, to the log or to the event stream. */
export type HeldStep = {
  readonly event: LogEvent;
  readonly isWritten: boolean;
  /** Tells the event stream of it. */
  readonly feed: (() => void) | undefined;
};

/** BOUNDED: steps that wait to be written. */
const MAX_HELD = 4096;

/** Read access to the counters. */
export type CounterView = Pick<DaemonCounters, 'counts' | 'countsOf' | 'lastError'>;

/**
 * The single channel for events: each event is reported here once, and goes to the counters, the subscribers (hooks
 * among them) and the log. It is created first.
 */
export class Reports {
  readonly #log: EventLog;
  readonly #counters: DaemonCounters;
  /** The event stream of the control socket. */
  readonly feed: Feed;
  /** BOUNDED: added only when the daemon is composed. */
  readonly #subscribers: Subscriber[] = [];
  #held: HeldStep[] = [];
  #soon: NodeJS.Immediate | undefined;

  constructor(log: EventLog, counters: DaemonCounters, feed: Feed) {
    this.#log = log;
    this.#counters = counters;
    this.feed = feed;
  }

  subscribe(subscriber: Subscriber): void {
    this.#subscribers.push(subscriber);
  }

  readonly report = (event: Event): void => {
    this.#writeHeld();
    this.#counters.add(event);
    this.feed.add(event);
    for (const { onEvent: note } of this.#subscribers) note?.(event);
    if (isLogged(event)) this.#log.report(event);
  };

  readonly counted = (): void => {
    for (const { onLeaseCount: counted } of this.#subscribers) counted?.();
  };

  error(text: string): void {
    this.report({ kind: 'error', text });
  }

  /** A failure here must not keep the rest of a shutdown from running. */
  attempt(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.error((error as Error).message);
    }
  }

  get counters(): CounterView {
    return this.#counters;
  }

  /** Replaces the doors. */
  followDoors(doors: readonly { readonly name: string }[]): void {
    this.#counters.follow(doors);
  }

  /** For packets, which may come a million times a second: counted without an event object. */
  count(what: Counted): void {
    this.#counters.count(what);
  }

  step(kind: StepKind): void {
    this.#counters.step(kind);
  }

  completed(door: string): void {
    this.#counters.completed(door);
  }

  /** Whether a line of a packet would be written now, see `EventLog`. Only then should an event be built. */
  admits(kind: LogEvent['kind'], sort: string, now: number): boolean {
    return this.#log.admits(kind, sort, now);
  }

  /** Writes an event that has been counted and admitted. */
  write(event: LogEvent): void {
    this.#writeHeld();
    this.#log.write(event);
  }

  /**
   * Writes it in the next turn of the event loop, and in any case before whatever is reported or written after it: the
   * doors that the same packets open come first.
   */
  hold(step: HeldStep): void {
    this.#held.push(step);
    if (this.#held.length > MAX_HELD) this.#writeHeld();
    else this.#soon ??= setImmediate(() => this.#writeHeld());
  }

  get isDebug(): boolean {
    return this.#log.debug;
  }

  reopenLog(targets: LogTargets): void {
    this.#writeHeld();
    reopenLog(this.#log, targets);
  }

  leaveTerminal(): void {
    this.#writeHeld();
    this.#log.leaveTerminal();
  }

  close(): Promise<void> {
    this.#writeHeld();
    return this.#log.close();
  }

  #writeHeld(): void {
    if (this.#soon === undefined) return;
    clearImmediate(this.#soon);
    this.#soon = undefined;
    const held = this.#held;
    this.#held = [];
    for (const { event, isWritten, feed } of held) {
      if (isWritten) this.#log.write(event);
      feed?.();
    }
  }
}

import type { StepKind } from '../../../core/attempt/steps.ts';
import type { Counted } from '../../../core/control/daemon-status.ts';
import { type Event, isLogged, type LogEvent } from '../../../core/event/event.ts';
import type { Feed } from '../feed/feed.ts';
import type { DaemonCounters } from './daemon-counters.ts';
import type { EventLog } from './event-log.ts';
import { type LogTargets, reopenLog } from './open-sinks.ts';

/** Whoever is told what happens, beside the log and the counters. */
export type Subscriber = {
  readonly note?: (event: Event) => void;
  /** There is a lease more or less. */
  readonly counted?: () => void;
};

/** The counters, to look at. */
export type CounterView = Pick<DaemonCounters, 'counts' | 'countsOf' | 'lastError'>;

/**
 * The one channel: whatever happens is told here once, and goes on to the counters, the subscribers, the hooks among them,
 * and the log. It is made first.
 */
export class Reports {
  readonly #log: EventLog;
  readonly #counters: DaemonCounters;
  /** Those who follow over the control socket. */
  readonly feed: Feed;
  /** BOUNDED: made with the daemon. */
  readonly #subscribers: Subscriber[] = [];

  constructor(log: EventLog, counters: DaemonCounters, feed: Feed) {
    this.#log = log;
    this.#counters = counters;
    this.feed = feed;
  }

  subscribe(subscriber: Subscriber): void {
    this.#subscribers.push(subscriber);
  }

  readonly report = (event: Event): void => {
    this.#counters.note(event);
    this.feed.note(event);
    for (const { note } of this.#subscribers) note?.(event);
    if (isLogged(event)) this.#log.report(event);
  };

  readonly counted = (): void => {
    for (const { counted } of this.#subscribers) counted?.();
  };

  error(text: string): void {
    this.report({ kind: 'error', text });
  }

  /** What fails here must not keep the rest of an end from being done. */
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

  /** These are the doors now. */
  followDoors(doors: readonly { readonly name: string }[]): void {
    this.#counters.follow(doors);
  }

  /** For packets, of which there may be a million a second: they are counted without an event. */
  count(what: Counted): void {
    this.#counters.count(what);
  }

  step(kind: StepKind): void {
    this.#counters.step(kind);
  }

  completed(door: string): void {
    this.#counters.completed(door);
  }

  /** Whether a line of a packet would be written now, see `EventLog`: only then is there to be an event. */
  admits(kind: LogEvent['kind'], sort: string, now: number): boolean {
    return this.#log.admits(kind, sort, now);
  }

  /** Writes what has been counted and admitted. */
  write(event: LogEvent): void {
    this.#log.write(event);
  }

  get isDebug(): boolean {
    return this.#log.debug;
  }

  reopenLog(targets: LogTargets): void {
    reopenLog(this.#log, targets);
  }

  leaveTerminal(): void {
    this.#log.leaveTerminal();
  }

  close(): Promise<void> {
    return this.#log.close();
  }
}

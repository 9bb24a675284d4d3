import type { HookOccasion } from '../../../core/door/hook.ts';
import type { Event } from '../../../core/event/event.ts';
import type { DaemonCounters } from './daemon-counters.ts';
import type { EventLog } from './event-log.ts';

/** Whoever is told what happens, beside the log and the counters. */
export type Subscriber = {
  readonly note?: (event: Event) => void;
  readonly told?: (occasion: HookOccasion) => void;
  /** There is a lease more or less. */
  readonly counted?: () => void;
};

/** What happens is told here, and goes on to the counters, the subscribers and the log. */
export class Reports {
  readonly log: EventLog;
  readonly tally: DaemonCounters;
  /** BOUNDED: made with the daemon. */
  readonly #subscribers: Subscriber[] = [];

  constructor(log: EventLog, tally: DaemonCounters) {
    this.log = log;
    this.tally = tally;
  }

  subscribe(subscriber: Subscriber): void {
    this.#subscribers.push(subscriber);
  }

  readonly report = (event: Event): void => {
    this.tally.note(event);
    for (const { note } of this.#subscribers) note?.(event);
    this.log.report(event);
  };

  /** What hooks may be run for. */
  readonly tell = (occasion: HookOccasion): void => {
    this.tally.told(occasion);
    for (const { told } of this.#subscribers) told?.(occasion);
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
}

import type { Event } from '../event/event.ts';
import type { Instant } from '../net/time.ts';

/** BOUNDED: events remembered. Those caused by strangers have a ring of their own, so that they displace no others. */
const KEPT = 4096;
const KEPT_NOISE = 2048;

/**
 * Of the events caused by strangers, this many are kept at once, and this many more per second; per depth of attempt.
 */
const NOISE_BURST = 200;
const NOISE_PER_SECOND = 20;

/** `stages`: knocks of the whole sequence, if the event is a step of an attempt. */
export type StagedEvent = { readonly event: Event; readonly stages?: number };

export type FeedRecord = StagedEvent & { readonly number: number; readonly at: Instant };

/** `lost`: events between `after` and `next` that are not in `records`. `isWhole`: nothing follows yet. */
export type FeedSlice = {
  readonly records: readonly FeedRecord[];
  readonly lost: number;
  readonly next: number;
  readonly isWhole: boolean;
};

/**
 * The latest events, by number. Every event takes the next number, even if it is not kept, so that a reader can tell
 * from the numbers how many it missed.
 */
export class EventRing {
  readonly #kept = new Ring(KEPT);
  readonly #noise = new Ring(KEPT_NOISE);
  /** For attempts at their first stage, which any scan makes, and for those further on. */
  readonly #budgets = [new Budget(), new Budget()] as const;
  #last = 0;

  /** The number of the latest event; 0: there was none. */
  get last(): number {
    return this.#last;
  }

  add(fed: StagedEvent, at: Instant): void {
    this.#last += 1;
    this.#kept.push({ ...fed, number: this.#last, at });
  }

  /** Whether to build a stranger's event for `addNoise`. If not, it is counted. `now`: monotonic, in ms. */
  admits(stage: number, now: number): boolean {
    const isAdmitted = this.#budgets[stage > 1 ? 1 : 0].take(now);
    if (!isAdmitted) this.#last += 1;
    return isAdmitted;
  }

  addNoise(fed: StagedEvent, at: Instant): void {
    this.#last += 1;
    this.#noise.push({ ...fed, number: this.#last, at });
  }

  /** The number before the latest `count` events that are kept. */
  before(count: number): number {
    const numbers = [...this.#kept.latest(count), ...this.#noise.latest(count)].sort((a, b) => b - a);
    return (numbers[Math.min(count, numbers.length) - 1] ?? this.#last + 1) - 1;
  }

  /** The events after number `after`, oldest first, at most `limit`. */
  read(after: number, limit: number): FeedSlice {
    const found = [...this.#kept.since(after, limit), ...this.#noise.since(after, limit)];
    const records = found.sort((a, b) => a.number - b.number).slice(0, limit);
    const isWhole = records.length < limit;
    const next = isWhole ? this.#last : (records.at(-1)?.number ?? this.#last);
    return { records, lost: Math.max(0, next - after - records.length), next, isWhole };
  }
}

class Ring {
  readonly #records: (FeedRecord | undefined)[];
  #next = 0;

  constructor(capacity: number) {
    this.#records = new Array<FeedRecord | undefined>(capacity).fill(undefined);
  }

  push(record: FeedRecord): void {
    this.#records[this.#next] = record;
    this.#next = (this.#next + 1) % this.#records.length;
  }

  /** The oldest `limit` records with a number above `after`. */
  since(after: number, limit: number): FeedRecord[] {
    const size = this.#records.length;
    let newer = 0;
    while (newer < size && this.#at(newer + 1) > after) newer += 1;
    const records: FeedRecord[] = [];
    for (let back = newer; back > 0 && records.length < limit; back--) {
      const record = this.#records[(this.#next - back + size) % size];
      if (record !== undefined) records.push(record);
    }
    return records;
  }

  /** The numbers of the latest records, newest first. */
  latest(count: number): number[] {
    const numbers = Array.from({ length: Math.min(count, this.#records.length) }, (_, at) =>
      this.#at(at + 1),
    );
    return numbers.filter((number) => number > 0);
  }

  /** The number of the record `back` places ago; 0: there is none. */
  #at(back: number): number {
    const size = this.#records.length;
    return this.#records[(this.#next - back + size) % size]?.number ?? 0;
  }
}

class Budget {
  #tokens = NOISE_BURST;
  #at = 0;

  take(now: number): boolean {
    const passed = Math.max(0, now - this.#at);
    this.#at = now;
    this.#tokens = Math.min(NOISE_BURST, this.#tokens + (passed * NOISE_PER_SECOND) / 1000);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}

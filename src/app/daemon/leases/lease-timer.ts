import { type Instant, since } from '../../../core/net/time.ts';
import type { Clock } from '../../../host/clock/clock.ts';

/** Timers do not run while the machine sleeps. With leases open, the clock is checked this often. */
const LOOK_MS = 1000;

/** Wakes the keeper when the next lease is due, and at least every `LOOK_MS` until then. */
export class LeaseTimer {
  readonly #clock: Clock;
  readonly #onTime: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(clock: Clock, onTime: () => void) {
    this.#clock = clock;
    this.#onTime = onTime;
  }

  /** `next`: when the next lease is due; `undefined`: none is. */
  set(next: Instant | undefined): void {
    this.clear();
    if (next === undefined) return;
    const wait = Math.max(0, Math.ceil(since(this.#clock.sinceBoot(), next)));
    this.#timer = setTimeout(this.#onTime, Math.min(wait, LOOK_MS));
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

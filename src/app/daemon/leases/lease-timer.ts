import { after, type Instant, instant, millis, since } from '../../../core/net/time.ts';

/** Timers do not run while the machine sleeps. With leases open, the clock is checked this often. */
const LOOK_MS = millis(1000);

/** Wakes the keeper when the next lease is due, and at least every `LOOK_MS` until then. */
export class LeaseTimer {
  readonly #onTime: () => void;
  #timer: NodeJS.Timeout | undefined;
  /** The moment that it is set for. */
  #wakes = instant(0);

  constructor(onTime: () => void) {
    this.#onTime = onTime;
  }

  /** `next`: when the next lease is due; `undefined`: none is. */
  set(next: Instant | undefined, now: Instant): void {
    if (next === undefined) this.clear();
    // Setting a timer for each step of each lease would cost as much as the step. One that is overdue has slept.
    else if (this.#timer === undefined || next < this.#wakes || this.#wakes < now) this.#arm(next, now);
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #arm(next: Instant, now: Instant): void {
    this.clear();
    const look = after(now, LOOK_MS);
    this.#wakes = next < look ? next : look;
    const wait = Math.max(0, Math.ceil(since(now, this.#wakes)));
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#onTime();
    }, wait);
  }
}

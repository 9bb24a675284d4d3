import type { Instant } from '../../../core/net/time.ts';
import type { Clock } from '../../../host/clock/clock.ts';

/** Interval of checks without a change notice, in case one was missed. */
const LOOK_EVERY_MS = 30_000;

/** Remembers the time of the last check, and repeats it in time. */
export class PeriodicCheck {
  readonly #clock: Clock;
  readonly #look: () => void;
  readonly #onLooked: () => void;
  #at: Instant | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  /** `onLooked` is called after each check. */
  constructor(clock: Clock, look: () => void, onLooked: () => void = () => undefined) {
    this.#clock = clock;
    this.#look = look;
    this.#onLooked = onLooked;
  }

  /** By the wall clock. */
  get at(): Instant | undefined {
    return this.#at;
  }

  /** A check was just done. */
  looked(): void {
    this.#at = this.#clock.wall();
    clearTimeout(this.#timer);
    if (!this.#stopped) this.#timer = setTimeout(this.#look, LOOK_EVERY_MS).unref();
    this.#onLooked();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }
}

import type { Instant } from '../../../core/net/time.ts';
import type { Clock } from '../../../host/clock/clock.ts';

/** Without a change too, it is looked at after this long, in case that one was not told of. */
const LOOK_EVERY_MS = 30_000;

/** Remembers when something was last looked at, and has it looked at again in time. */
export class RegularLook {
  readonly #clock: Clock;
  readonly #look: () => void;
  readonly #onLooked: () => void;
  #at: Instant | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  /** `onLooked` is called after each look. */
  constructor(clock: Clock, look: () => void, onLooked: () => void = () => undefined) {
    this.#clock = clock;
    this.#look = look;
    this.#onLooked = onLooked;
  }

  /** By the wall clock. */
  get at(): Instant | undefined {
    return this.#at;
  }

  /** It has just been looked at. */
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

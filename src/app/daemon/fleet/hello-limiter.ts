import { type Instant, instant } from '../../../core/net/time.ts';

/** Least time between two repetitions for members that start, so that no member can make this host work without end. */
const GAP_MS = 1000;

/** Repeats the open leases for members that start; once for all that start within this time. */
export class HelloLimiter {
  readonly #sinceBoot: () => Instant;
  readonly #hello: () => void;
  #last: Instant = instant(Number.NEGATIVE_INFINITY);
  #timer: NodeJS.Timeout | undefined;

  constructor(sinceBoot: () => Instant, hello: () => void) {
    this.#sinceBoot = sinceBoot;
    this.#hello = hello;
  }

  now(): void {
    this.close();
    this.#last = this.#sinceBoot();
    this.#hello();
  }

  soon(): void {
    const wait = this.#last + GAP_MS - this.#sinceBoot();
    if (wait <= 0) this.now();
    else this.#timer ??= setTimeout(() => this.now(), wait).unref();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

/** The first gap before a retry. Each gap is twice the one before, up to the longest. */
const FIRST_GAP_MS = 1000;
const LONGEST_GAP_MS = 60_000;

/** Retries something with growing gaps until it succeeds, at most one retry waiting at a time. */
export class BackoffRetry {
  /** Returns whether nothing is left to do. */
  readonly #retry: () => boolean;
  #timer: NodeJS.Timeout | undefined;
  #gap = FIRST_GAP_MS;
  #isStopped = false;

  constructor(retry: () => boolean) {
    this.#retry = retry;
  }

  later(): void {
    if (this.#timer === undefined && !this.#isStopped) this.#at(this.#gap);
  }

  /** Retries in the next turn of the event loop. */
  now(): void {
    this.#at(0);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #at(ms: number): void {
    clearTimeout(this.#timer);
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#retry()) this.#gap = FIRST_GAP_MS;
      else {
        this.#gap = Math.min(this.#gap * 2, LONGEST_GAP_MS);
        this.later();
      }
    }, ms);
    this.#timer.unref();
  }
}

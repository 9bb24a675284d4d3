/** The engine's clock, in ms since 1970, as far as this host can tell. */
export class EngineClock {
  /** When this host's monotonic clock showed `#at`, the engine's clock showed at most `#most`. */
  #most = 0;
  #at = 0;

  /** `sentAt`: when it was asked, by `performance.now()`. */
  set(time: number, sentAt: number): void {
    this.#most = time;
    this.#at = sentAt;
  }

  /** Errs on the late side, so that a lease may seem older than it is, and ends early rather than late. */
  now(): number {
    return this.#most + performance.now() - this.#at;
  }
}

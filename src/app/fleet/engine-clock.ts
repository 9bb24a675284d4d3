/** The engine's clock, in ms since 1970, as far as this host can tell. */
export class EngineClock {
  /** At `#at` by this host's monotonic clock the engine's showed at most `#most`. */
  #most = 0;
  #at = 0;

  /** `sentAt`: when it was asked, by `performance.now()`. */
  set(time: number, sentAt: number): void {
    this.#most = time;
    this.#at = sentAt;
  }

  /** Rather too late than too early: a lease that seems older than it is ends early, and never late. */
  now(): number {
    return this.#most + performance.now() - this.#at;
  }
}

/** How many lines of one kind may be written at once, and how many more per second. */
export type LineRate = { readonly burst: number; readonly perSecond: number };

type Bucket = { tokens: number; at: number; suppressed: number; readonly what: string };

/**
 * Decides which log lines are written and counts the others, by kind. BOUNDED: by `maxSorts`; beyond, a kind without a
 * count is dropped, or else the oldest, whose count is reported with the others.
 */
export class LineBudget {
  readonly #rate: LineRate;
  readonly #maxSorts: number;
  readonly #buckets = new Map<string | number, Bucket>();
  #suppressing = 0;
  #forgotten = 0;

  constructor(rate: LineRate, maxSorts: number) {
    this.#rate = rate;
    this.#maxSorts = maxSorts;
  }

  /** Whether there are counts to report. */
  get suppressing(): boolean {
    return this.#suppressing > 0;
  }

  /** Whether a line of this kind may be written at `now` (ms); if not, it is counted. `what`: names the kind. */
  admit(sort: string | number, what: () => string, now: number): boolean {
    const bucket = this.#buckets.get(sort) ?? this.#add(sort, what(), now);
    const { burst, perSecond } = this.#rate;
    const elapsed = Math.max(0, now - bucket.at);
    bucket.tokens = Math.min(burst, bucket.tokens + (elapsed * perSecond) / 1000);
    bucket.at = now;
    if (bucket.tokens >= 1) {
      bucket.tokens -= 1;
      return true;
    }
    if (bucket.suppressed++ === 0) this.#suppressing++;
    return false;
  }

  /** Returns the counts since the last call, and resets them. */
  drainCounts(): { what: string; count: number }[] {
    const counts: { what: string; count: number }[] = [];
    for (const bucket of this.#buckets.values()) {
      if (bucket.suppressed > 0) counts.push({ what: bucket.what, count: bucket.suppressed });
      bucket.suppressed = 0;
    }
    if (this.#forgotten > 0) counts.push({ what: 'other lines', count: this.#forgotten });
    this.#suppressing = 0;
    this.#forgotten = 0;
    return counts;
  }

  #add(sort: string | number, what: string, now: number): Bucket {
    if (this.#buckets.size >= this.#maxSorts) this.#forgetOne();
    const bucket = { tokens: this.#rate.burst, at: now, suppressed: 0, what };
    this.#buckets.set(sort, bucket);
    return bucket;
  }

  /** Prefers the oldest without a count, so that no count is lost. */
  #forgetOne(): void {
    for (const [sort, bucket] of this.#buckets) {
      if (bucket.suppressed === 0) {
        this.#buckets.delete(sort);
        return;
      }
    }
    for (const [sort, bucket] of this.#buckets) {
      this.#buckets.delete(sort);
      this.#forgotten += bucket.suppressed;
      return;
    }
  }
}

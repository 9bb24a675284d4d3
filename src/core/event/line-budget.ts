/** How many lines of one sort may be written at once, and how many more each second. */
export type LineRate = { readonly burst: number; readonly perSecond: number };

type Bucket = { tokens: number; at: number; suppressed: number; readonly what: string };

/**
 * Decides which log lines are written and counts the others, sort by sort.
 * BOUNDED: by `maxSorts`; when there are more, one that holds no count is forgotten, else the first, its count
 * reported among the others.
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

  /** Whether counts wait to be reported. */
  get suppressing(): boolean {
    return this.#suppressing > 0;
  }

  /** Whether a line of this sort may be written at `now` (ms); if not, it is counted. `what` names the sort. */
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

  /** The counts since the last call, and starts them again. */
  takeCounts(): { what: string; count: number }[] {
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

  /** The first one that holds no count, so that none is lost; else the first. */
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

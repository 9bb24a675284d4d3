import type { Instant } from '../net/time.ts';

/**
 * The newest time that each key has signed, as seen by this process. A knock that is not newer may be a replay.
 * BOUNDED: by `maxNames`; beyond, the key recorded longest ago is dropped.
 */
export class NewestTimes {
  readonly #newest = new Map<string, Instant>();
  readonly #maxNames: number;

  constructor(maxNames: number) {
    this.#maxNames = maxNames;
  }

  isNewer(name: string, time: Instant): boolean {
    return time > (this.#newest.get(name) ?? Number.NEGATIVE_INFINITY);
  }

  /** Only for a time that the key has signed: anybody could claim one. */
  note(name: string, time: Instant): void {
    if (!this.isNewer(name, time)) return;
    this.#newest.delete(name);
    const [first] = this.#newest.keys();
    if (this.#newest.size >= this.#maxNames && first !== undefined) this.#newest.delete(first);
    this.#newest.set(name, time);
  }
}

/** Ten minutes. */
export const RATE_SECONDS = 600;

/**
 * Packets of each of the last ten minutes' seconds. No timer is needed: the packets themselves move it on. BOUNDED: 7 kB.
 */
export class RateRing {
  readonly #seconds = new Float64Array(RATE_SECONDS).fill(-1);
  readonly #passed = new Uint32Array(RATE_SECONDS);
  readonly #dropped = new Uint32Array(RATE_SECONDS);

  /** `now`: milliseconds that only ever grow. */
  add(passed: number, dropped: number, now: number): void {
    const second = Math.floor(now / 1000);
    const at = second % RATE_SECONDS;
    if (this.#seconds[at] !== second) {
      this.#seconds[at] = second;
      this.#passed[at] = 0;
      this.#dropped[at] = 0;
    }
    this.#passed[at] = (this.#passed[at] as number) + passed;
    this.#dropped[at] = (this.#dropped[at] as number) + dropped;
  }

  /** Of the seconds before that of `now`, the oldest first. */
  read(now: number): { readonly passed: readonly number[]; readonly dropped: readonly number[] } {
    const current = Math.floor(now / 1000);
    const values = (of: Uint32Array): readonly number[] =>
      Array.from({ length: RATE_SECONDS - 1 }, (_, index) => {
        const second = current - RATE_SECONDS + 1 + index;
        const at = ((second % RATE_SECONDS) + RATE_SECONDS) % RATE_SECONDS;
        return this.#seconds[at] === second ? (of[at] as number) : 0;
      });
    return { passed: values(this.#passed), dropped: values(this.#dropped) };
  }
}

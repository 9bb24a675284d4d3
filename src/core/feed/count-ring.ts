/**
 * Two counts per time interval, over the last `size` intervals. It needs no timer: each count advances it. BOUNDED: 16
 * bytes per interval.
 */
export class CountRing {
  readonly #size: number;
  readonly #lengthMs: number;
  /** The number of the interval in each place, counted from time 0. */
  readonly #numbers: Float64Array;
  readonly #first: Uint32Array;
  readonly #second: Uint32Array;

  constructor(size: number, lengthMs: number) {
    this.#size = size;
    this.#lengthMs = lengthMs;
    this.#numbers = new Float64Array(size).fill(-1);
    this.#first = new Uint32Array(size);
    this.#second = new Uint32Array(size);
  }

  /** `now`: monotonic, in ms. */
  add(first: number, second: number, now: number): void {
    const number = Math.floor(now / this.#lengthMs);
    const at = number % this.#size;
    if (this.#numbers[at] !== number) {
      this.#numbers[at] = number;
      this.#first[at] = 0;
      this.#second[at] = 0;
    }
    this.#first[at] = (this.#first[at] as number) + first;
    this.#second[at] = (this.#second[at] as number) + second;
  }

  /** The intervals up to that of `now`, which is not complete yet, oldest first. */
  read(now: number): { readonly first: readonly number[]; readonly second: readonly number[] } {
    const current = Math.floor(now / this.#lengthMs);
    const values = (of: Uint32Array): readonly number[] =>
      Array.from({ length: this.#size }, (_, index) => {
        const number = current - this.#size + 1 + index;
        const at = ((number % this.#size) + this.#size) % this.#size;
        return this.#numbers[at] === number ? (of[at] as number) : 0;
      });
    return { first: values(this.#first), second: values(this.#second) };
  }
}

import { NEWER, NO_SLOT, OLDER, ROW, type Slot } from './attempt-row.ts';

/** For each door, a queue of its attempts by the time of their first knock, oldest first, linked through their rows. */
export class AgeQueues {
  readonly #rows: Int32Array;
  #oldest: Int32Array;
  #newest: Int32Array;

  constructor(rows: Int32Array, doors: number) {
    this.#rows = rows;
    this.#oldest = new Int32Array(doors).fill(NO_SLOT);
    this.#newest = new Int32Array(doors).fill(NO_SLOT);
  }

  /** Resizes to `doors` doors. The queues of removed doors must be empty. */
  setDoors(doors: number): void {
    const resized = (queue: Int32Array): Int32Array => {
      const copy = new Int32Array(doors).fill(NO_SLOT);
      copy.set(queue.subarray(0, doors));
      return copy;
    };
    this.#oldest = resized(this.#oldest);
    this.#newest = resized(this.#newest);
  }

  oldest(door: number): Slot {
    return this.#oldest[door] as number;
  }

  newest(door: number): Slot {
    return this.#newest[door] as number;
  }

  append(slot: Slot, door: number): void {
    const newest = this.#newest[door] as number;
    this.#rows[slot * ROW + OLDER] = newest;
    this.#rows[slot * ROW + NEWER] = NO_SLOT;
    if (newest === NO_SLOT) this.#oldest[door] = slot;
    else this.#rows[newest * ROW + NEWER] = slot;
    this.#newest[door] = slot;
  }

  remove(slot: Slot, door: number): void {
    const older = this.#rows[slot * ROW + OLDER] as number;
    const newer = this.#rows[slot * ROW + NEWER] as number;
    if (older === NO_SLOT) this.#oldest[door] = newer;
    else this.#rows[older * ROW + NEWER] = newer;
    if (newer === NO_SLOT) this.#newest[door] = older;
    else this.#rows[newer * ROW + OLDER] = older;
  }
}

import type { Family } from '../net/address.ts';
import { AgeQueues } from './age-queues.ts';
import {
  BACK,
  CHAIN,
  DOOR_SHIFT,
  FAMILY_6,
  familyBit,
  META,
  NO_SLOT,
  OLDER,
  ROW,
  type Slot,
  SOURCE,
  STAGE_MASK,
  START,
} from './attempt-row.ts';
import { type HashKey, keyedHash } from './keyed-hash.ts';
import { XorShift } from './xorshift.ts';

/** Number of rows compared when one has to be evicted. */
const EVICTION_SAMPLE = 4;

/**
 * All pending attempts, each of one source at one door: a hash table by source over typed arrays, and for each door a
 * queue by first knock, oldest first. The cost of an operation does not depend on the fill level. A source is looked up
 * within a group, a number chosen by the caller: its attempts of one group follow each other.
 *
 * BOUNDED: by `capacity` rows of 52 bytes. They are reserved at once, and a page becomes resident at its first use.
 * When the table is full, four random rows are compared and the one with the lowest stage is evicted: nobody can choose
 * which.
 */
export class AttemptTable {
  readonly capacity: number;
  #size = 0;
  readonly #key: HashKey;
  readonly #bucketMask: number;
  /** Row number plus one, so that zeroed memory means empty. */
  readonly #buckets: Int32Array;
  /** Rows of `ROW` words. Everything that a look-up reads is adjacent. */
  readonly #rows: Int32Array;
  /** The same memory, for times. */
  readonly #times: Float64Array;
  readonly #ages: AgeQueues;
  /** Rows below this have been used; free ones among them are linked through `CHAIN` from `#free`. */
  #untouched = 0;
  #free = NO_SLOT;
  readonly #random: XorShift;

  constructor(capacity: number, doors: number, key: HashKey) {
    this.capacity = capacity;
    this.#key = key;
    this.#random = new XorShift(key[0] ^ key[1] || 1);
    const buckets = 2 ** Math.max(4, Math.ceil(Math.log2(capacity)));
    this.#bucketMask = buckets - 1;
    this.#buckets = new Int32Array(buckets);
    this.#rows = new Int32Array(capacity * ROW);
    this.#times = new Float64Array(this.#rows.buffer);
    this.#ages = new AgeQueues(this.#rows, doors);
  }

  /** Resizes to `doors` doors. Removed doors must have no attempts left. */
  setDoors(doors: number): void {
    this.#ages.setDoors(doors);
  }

  /** The rows' memory, the first used first, so that the caller can choose its pages. */
  get memory(): Int32Array {
    return this.#rows;
  }

  get size(): number {
    return this.#size;
  }

  /** The source's first attempt of a group. */
  first(group: number, family: Family, w0: number, w1: number, w2: number, w3: number): Slot {
    const bucket = this.#bucket(group, family, w0, w1, w2, w3);
    return this.#match((this.#buckets[bucket] as number) - 1, familyBit(family), w0, w1, w2, w3);
  }

  /** The one after it. */
  next(slot: Slot): Slot {
    const rows = this.#rows;
    const at = slot * ROW;
    const chain = (rows[at + CHAIN] as number) - 1;
    if (chain === NO_SLOT) return NO_SLOT;
    const family = (rows[at + META] as number) & FAMILY_6;
    const [w0, w1] = [rows[at] as number, rows[at + 1] as number];
    return this.#match(chain, family, w0, w1, rows[at + 2] as number, rows[at + 3] as number);
  }

  /**
   * Adds an attempt at stage 1, the newest of its door. The table must not be full. `after`: the source's attempt of
   * the same group that it follows; `NO_SLOT`: it comes first.
   */
  add(
    group: number,
    after: Slot,
    door: number,
    family: Family,
    w0: number,
    w1: number,
    w2: number,
    w3: number,
    start: number,
  ): Slot {
    const slot = this.#allocateRow();
    const rows = this.#rows;
    const at = slot * ROW;
    rows[at + SOURCE] = w0;
    rows[at + SOURCE + 1] = w1;
    rows[at + SOURCE + 2] = w2;
    rows[at + SOURCE + 3] = w3;
    rows[at + META] = (door << DOOR_SHIFT) | familyBit(family) | 1;
    this.#setStart(slot, start);
    if (after === NO_SLOT) this.#chainFirst(slot, this.#bucket(group, family, w0, w1, w2, w3));
    else this.#chainAfter(slot, after);
    this.#ages.append(slot, door);
    this.#size++;
    return slot;
  }

  remove(slot: Slot): void {
    this.#unchain(slot);
    this.#ages.remove(slot, this.door(slot));
    this.#rows[slot * ROW + CHAIN] = this.#free;
    this.#free = slot;
    this.#size--;
  }

  /** Resets the row to an attempt at stage 1 that starts now. */
  restart(slot: Slot, start: number): void {
    const door = this.door(slot);
    this.#ages.remove(slot, door);
    this.#ages.append(slot, door);
    this.#setStart(slot, start);
    this.#rows[slot * ROW + META] = ((this.#rows[slot * ROW + META] as number) & ~STAGE_MASK) | 1;
  }

  advance(slot: Slot): number {
    this.#rows[slot * ROW + META] = (this.#rows[slot * ROW + META] as number) + 1;
    return this.stage(slot);
  }

  /** The row to evict from a full table. */
  victim(): Slot {
    let victim = this.#random.draw(this.capacity);
    for (let i = 1; i < EVICTION_SAMPLE; i++) {
      const other = this.#random.draw(this.capacity);
      if (this.stage(other) < this.stage(victim)) victim = other;
    }
    return victim;
  }

  /** The door's attempt with the earliest first knock. */
  oldest(door: number): Slot {
    return this.#ages.oldest(door);
  }

  /** The door's attempt with the latest first knock. */
  newest(door: number): Slot {
    return this.#ages.newest(door);
  }

  /** The next older attempt at the same door. */
  older(slot: Slot): Slot {
    return this.#rows[slot * ROW + OLDER] as number;
  }

  door(slot: Slot): number {
    return (this.#rows[slot * ROW + META] as number) >>> DOOR_SHIFT;
  }

  stage(slot: Slot): number {
    return (this.#rows[slot * ROW + META] as number) & STAGE_MASK;
  }

  start(slot: Slot): number {
    return this.#times[(slot * ROW + START) / 2] as number;
  }

  family(slot: Slot): Family {
    return ((this.#rows[slot * ROW + META] as number) & FAMILY_6) === 0 ? 4 : 6;
  }

  sourceWord(slot: Slot, index: 0 | 1 | 2 | 3): number {
    return (this.#rows[slot * ROW + SOURCE + index] as number) >>> 0;
  }

  #bucket(group: number, family: Family, w0: number, w1: number, w2: number, w3: number): number {
    return keyedHash(this.#key, w0, w1, w2, w3, group, family) & this.#bucketMask;
  }

  /** The first row of the source from `slot` on. */
  #match(slot: Slot, family: number, w0: number, w1: number, w2: number, w3: number): Slot {
    const rows = this.#rows;
    while (slot !== NO_SLOT) {
      const at = slot * ROW;
      if (
        rows[at + 3] === (w3 | 0) &&
        ((rows[at + META] as number) & FAMILY_6) === family &&
        rows[at] === (w0 | 0) &&
        rows[at + 1] === (w1 | 0) &&
        rows[at + 2] === (w2 | 0)
      ) {
        return slot;
      }
      slot = (rows[at + CHAIN] as number) - 1;
    }
    return NO_SLOT;
  }

  #chainFirst(slot: Slot, bucket: number): void {
    const following = this.#buckets[bucket] as number;
    this.#rows[slot * ROW + CHAIN] = following;
    this.#rows[slot * ROW + BACK] = ~bucket;
    if (following !== 0) this.#rows[(following - 1) * ROW + BACK] = slot + 1;
    this.#buckets[bucket] = slot + 1;
  }

  #chainAfter(slot: Slot, before: Slot): void {
    const following = this.#rows[before * ROW + CHAIN] as number;
    this.#rows[slot * ROW + CHAIN] = following;
    this.#rows[slot * ROW + BACK] = before + 1;
    if (following !== 0) this.#rows[(following - 1) * ROW + BACK] = slot + 1;
    this.#rows[before * ROW + CHAIN] = slot + 1;
  }

  #setStart(slot: Slot, start: number): void {
    this.#times[(slot * ROW + START) / 2] = start;
  }

  #allocateRow(): Slot {
    const free = this.#free;
    if (free === NO_SLOT) return this.#untouched++;
    this.#free = this.#rows[free * ROW + CHAIN] as number;
    return free;
  }

  #unchain(slot: Slot): void {
    const following = this.#rows[slot * ROW + CHAIN] as number;
    const back = this.#rows[slot * ROW + BACK] as number;
    if (back < 0) this.#buckets[~back] = following;
    else this.#rows[(back - 1) * ROW + CHAIN] = following;
    if (following !== 0) this.#rows[(following - 1) * ROW + BACK] = back;
  }
}

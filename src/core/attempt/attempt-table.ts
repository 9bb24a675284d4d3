import type { Family } from '../net/address.ts';
import { type HashKey, keyedHash } from './keyed-hash.ts';

/** A row of the table; -1 is none. */
export type Slot = number;

export const NO_SLOT: Slot = -1;

const STAGE_BITS = 15;
const STAGE_MASK = (1 << STAGE_BITS) - 1;
const FAMILY_6 = 1 << STAGE_BITS;
const DOOR_SHIFT = 16;

/** The words of a row; the first knock's time takes two, and one is left over: the times lie on even words. */
const ROW = 12;
const SOURCE = 0;
/** Door in the upper half, then the family bit, then the stage. */
const META = 4;
/** The next row of the bucket plus one, or of the free rows. */
const CHAIN = 5;
const OLDER = 6;
const NEWER = 7;
const START = 8;
/** The row before in the bucket plus one, or of the first one the bucket's number inverted. */
const BACK = 10;

/** How many rows are looked at when one has to make room. */
const EVICTION_SAMPLE = 4;

/**
 * All pending attempts, each one source at one door: a hash table by source over typed arrays, and for every door a
 * queue from the oldest to the newest first knock. Every operation takes the same time however full the table is.
 * A source is looked up within a group, a number of the caller's: its attempts of one group follow each other.
 *
 * BOUNDED: by `capacity` rows of 52 bytes. They are reserved at once, and a page of them becomes resident when it
 * is first used. When all are taken, four are drawn by chance and the one that has come least far makes room:
 * nobody can choose which.
 */
export class AttemptTable {
  readonly capacity: number;
  #size = 0;
  readonly #key: HashKey;
  readonly #bucketMask: number;
  /** Row number plus one, so that fresh zeroed memory is empty. */
  readonly #buckets: Int32Array;
  /** Rows of `ROW` words: all that a look-up reads lies side by side. */
  readonly #rows: Int32Array;
  /** The same memory, for the times. */
  readonly #times: Float64Array;
  #oldest: Int32Array;
  #newest: Int32Array;
  /** Rows below this have been used; those given back are chained through `CHAIN` from `#free`. */
  #untouched = 0;
  #free = NO_SLOT;
  #random: number;

  constructor(capacity: number, doors: number, key: HashKey) {
    this.capacity = capacity;
    this.#key = key;
    this.#random = key[0] ^ key[1] || 1;
    const buckets = 2 ** Math.max(4, Math.ceil(Math.log2(capacity)));
    this.#bucketMask = buckets - 1;
    this.#buckets = new Int32Array(buckets);
    this.#rows = new Int32Array(capacity * ROW);
    this.#times = new Float64Array(this.#rows.buffer);
    this.#oldest = new Int32Array(doors).fill(NO_SLOT);
    this.#newest = new Int32Array(doors).fill(NO_SLOT);
  }

  /** Makes the table one for `doors` doors. Those that fall away must have no attempts left. */
  setDoors(doors: number): void {
    const resized = (queue: Int32Array): Int32Array => {
      const copy = new Int32Array(doors).fill(NO_SLOT);
      copy.set(queue.subarray(0, doors));
      return copy;
    };
    this.#oldest = resized(this.#oldest);
    this.#newest = resized(this.#newest);
  }

  /** Where the rows are, the first used first: for who knows how memory is best laid out. */
  get memory(): Int32Array {
    return this.#rows;
  }

  get size(): number {
    return this.#size;
  }

  get full(): boolean {
    return this.#size === this.capacity;
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
    const [w0, w1, w2, w3] = [rows[at], rows[at + 1], rows[at + 2], rows[at + 3]] as [
      number,
      number,
      number,
      number,
    ];
    return this.#match(chain, (rows[at + META] as number) & FAMILY_6, w0, w1, w2, w3);
  }

  /**
   * Adds an attempt at stage 1, the newest of its door. The table must not be full. `after`: the source's attempt of the
   * same group that it follows; with `NO_SLOT` it comes before all others.
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
    const slot = this.#takeRow();
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
    this.#append(slot, door);
    this.#size++;
    return slot;
  }

  remove(slot: Slot): void {
    this.#unchain(slot);
    this.#unqueue(slot, this.door(slot));
    this.#rows[slot * ROW + CHAIN] = this.#free;
    this.#free = slot;
    this.#size--;
  }

  /** Makes the row an attempt at stage 1 that starts now. */
  restart(slot: Slot, start: number): void {
    const door = this.door(slot);
    this.#unqueue(slot, door);
    this.#append(slot, door);
    this.#setStart(slot, start);
    this.#rows[slot * ROW + META] = ((this.#rows[slot * ROW + META] as number) & ~STAGE_MASK) | 1;
  }

  advance(slot: Slot): number {
    this.#rows[slot * ROW + META] = (this.#rows[slot * ROW + META] as number) + 1;
    return this.stage(slot);
  }

  /** The row that has to make room, of all the rows of a full table. */
  victim(): Slot {
    let victim = this.#draw();
    for (let i = 1; i < EVICTION_SAMPLE; i++) {
      const other = this.#draw();
      if (this.stage(other) < this.stage(victim)) victim = other;
    }
    return victim;
  }

  /** The attempt of a door whose first knock came first. */
  oldest(door: number): Slot {
    return this.#oldest[door] as number;
  }

  /** The attempt of a door whose first knock came last. */
  newest(door: number): Slot {
    return this.#newest[door] as number;
  }

  /** The attempt of the same door that began before. */
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

  #takeRow(): Slot {
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

  #append(slot: Slot, door: number): void {
    const newest = this.#newest[door] as number;
    this.#rows[slot * ROW + OLDER] = newest;
    this.#rows[slot * ROW + NEWER] = NO_SLOT;
    if (newest === NO_SLOT) this.#oldest[door] = slot;
    else this.#rows[newest * ROW + NEWER] = slot;
    this.#newest[door] = slot;
  }

  #unqueue(slot: Slot, door: number): void {
    const older = this.#rows[slot * ROW + OLDER] as number;
    const newer = this.#rows[slot * ROW + NEWER] as number;
    if (older === NO_SLOT) this.#oldest[door] = newer;
    else this.#rows[older * ROW + NEWER] = newer;
    if (newer === NO_SLOT) this.#newest[door] = older;
    else this.#rows[newer * ROW + OLDER] = older;
  }

  /** xorshift32 (Marsaglia): unpredictable enough for who does not see which rows fall. */
  #draw(): Slot {
    let x = this.#random;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#random = x;
    return (x >>> 0) % this.capacity;
  }
}

const familyBit = (family: Family): number => (family === 6 ? FAMILY_6 : 0);

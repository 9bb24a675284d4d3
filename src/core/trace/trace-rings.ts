import { type HashKey, keyedHash } from '../attempt/keyed-hash.ts';
import { type Repetitions, readRepetitions, repeated } from './repetitions.ts';

/** A source's row; -1: none. */
export type Row = number;

export const NO_ROW: Row = -1;

/** Records per source; the oldest are overwritten. */
export const RECORDS = 32;

const WAYS = 4;

/** Makes this table's factors differ from others with the same key. */
const SET_WORD = 0x7ace;

/** Words of a row's head: 32 bytes, so that a set of four takes two cache lines. */
const HEAD = 8;
const META = 4;
const SEEN = 5;

/** In META, from the lowest bit: a set bit while the row is in use, the family, whether it is followed. */
const IN_USE = 1;
const FAMILY_6 = 2;
const FOLLOWED = 4;
/** Position of the next record, 5 bits; number of records, 6 bits; the highest stage, 15 bits. */
const NEXT_SHIFT = 3;
const COUNT_SHIFT = 8;
const RANK_SHIFT = 14;
const NEXT_MASK = RECORDS - 1;
const COUNT_MASK = 63;
const RANK_MASK = 0x7fff;

/** Words of a record: time in ms modulo 2^32, two that say what happened, repetitions. */
const RECORD = 4;
export const WORD = { time: 0, what: 1, where: 2, again: 3 } as const;

/** A source not seen for this long is dropped as if it had never reached any stage. */
const FRESH_MS = 600_000;

/**
 * A ring of records for each of many sources, over typed arrays. A source that reached a higher stage is not dropped
 * for one at a lower stage. Among equals chance decides, so that nobody can choose which is dropped.
 *
 * BOUNDED: by `capacity` sources of 544 bytes, reserved at once and resident at their first use. A source has one of
 * four places, found by a secret hash; if all of them hold sources with higher stages, it is not remembered.
 */
export class TraceRings {
  /** Sources dropped, or not remembered, for lack of room. */
  displaced = 0;
  readonly #heads: Int32Array;
  readonly #records: Int32Array;
  readonly #setMask: number;
  readonly #factors: readonly [number, number, number, number];
  #random: number;
  /** The row of the last look-up: consecutive knocks often have the same source. */
  #latest: Row = 0;

  constructor(capacity: number, key: HashKey) {
    const sets = 2 ** Math.ceil(Math.log2(Math.max(1, capacity / WAYS)));
    this.#heads = new Int32Array(sets * WAYS * HEAD);
    this.#records = new Int32Array(sets * WAYS * RECORDS * RECORD);
    this.#setMask = sets - 1;
    const factor = (n: number): number => keyedHash(key, n, 0, 0, 0, 0, SET_WORD) | 1;
    this.#factors = [factor(0), factor(1), factor(2), factor(3)];
    this.#random = key[0] ^ Math.imul(key[1], 0x85ebca6b) || 1;
  }

  /** The row of a source that is remembered. */
  find(family: number, w0: number, w1: number, w2: number, w3: number): Row {
    if (this.#is(this.#latest, family, w0, w1, w2, w3)) return this.#latest;
    return this.#findFrom(this.#set(family, w0, w1, w2, w3), family, w0, w1, w2, w3);
  }

  /** The row of a source, created if needed; `rank`: its present stage. */
  claim(family: number, w0: number, w1: number, w2: number, w3: number, rank: number, now: number): Row {
    if (this.#is(this.#latest, family, w0, w1, w2, w3)) return this.#touch(this.#latest, rank, now);
    const first = this.#set(family, w0, w1, w2, w3);
    const known = this.#findFrom(first, family, w0, w1, w2, w3);
    if (known !== NO_ROW) return this.#touch(known, rank, now);
    const row = this.#room(first, rank, now);
    if (row === NO_ROW) return NO_ROW;
    const heads = this.#heads;
    const at = row * HEAD;
    heads[at] = w0;
    heads[at + 1] = w1;
    heads[at + 2] = w2;
    heads[at + 3] = w3;
    heads[at + META] = IN_USE | (family === 6 ? FAMILY_6 : 0);
    return this.#touch(row, rank, now);
  }

  /** Keeps the source in any flood, until it is no longer followed. */
  setFollowed(row: Row, followed: boolean): void {
    const meta = this.#meta(row);
    this.#heads[row * HEAD + META] = followed ? meta | FOLLOWED : meta & ~FOLLOWED;
  }

  /** Adds a record. With `again`, an equal last record is counted instead. */
  write(row: Row, time: number, what: number, where: number, again: boolean): void {
    const meta = this.#meta(row);
    const next = (meta >>> NEXT_SHIFT) & NEXT_MASK;
    const count = (meta >>> COUNT_SHIFT) & COUNT_MASK;
    const records = this.#records;
    if (again && count > 0) {
      const last = (row * RECORDS + ((next - 1) & NEXT_MASK)) * RECORD;
      if (records[last + WORD.what] === what && records[last + WORD.where] === where) {
        this.#repeat(last, time);
        return;
      }
    }
    const at = (row * RECORDS + next) * RECORD;
    records[at] = time;
    records[at + WORD.what] = what;
    records[at + WORD.where] = where;
    records[at + WORD.again] = 1;
    const kept = Math.min(RECORDS, count + 1);
    this.#heads[row * HEAD + META] =
      (meta & ~((NEXT_MASK << NEXT_SHIFT) | (COUNT_MASK << COUNT_SHIFT))) |
      (((next + 1) & NEXT_MASK) << NEXT_SHIFT) |
      (kept << COUNT_SHIFT);
  }

  /** The rows in use, last seen first. `now`: soon after the last one. */
  latest(now: number): Row[] {
    const rows: Row[] = [];
    for (let row = 0; row * HEAD < this.#heads.length; row++) if (this.#meta(row) !== 0) rows.push(row);
    return rows.sort((a, b) => this.age(a, now) - this.age(b, now));
  }

  /** Milliseconds since the row's source was last seen. */
  age(row: Row, now: number): number {
    return ((now | 0) - (this.#heads[row * HEAD + SEEN] as number)) | 0;
  }

  family(row: Row): 4 | 6 {
    return (this.#meta(row) & FAMILY_6) === 0 ? 4 : 6;
  }

  sourceWord(row: Row, word: 0 | 1 | 2 | 3): number {
    return (this.#heads[row * HEAD + word] as number) >>> 0;
  }

  count(row: Row): number {
    return (this.#meta(row) >>> COUNT_SHIFT) & COUNT_MASK;
  }

  /** A word of a record, the oldest one first. */
  word(row: Row, index: number, word: (typeof WORD)[keyof typeof WORD]): number {
    const meta = this.#meta(row);
    const oldest = ((meta >>> NEXT_SHIFT) & NEXT_MASK) - ((meta >>> COUNT_SHIFT) & COUNT_MASK);
    const at = (row * RECORDS + ((oldest + index) & NEXT_MASK)) * RECORD;
    return this.#records[at + word] as number;
  }

  /** How often a record was repeated, and the ms from the first to the last. */
  again(row: Row, index: number): Repetitions {
    return readRepetitions(this.word(row, index, WORD.again));
  }

  #repeat(at: number, time: number): void {
    const records = this.#records;
    const since = Math.max(0, (time - (records[at] as number)) | 0);
    records[at + WORD.again] = repeated(records[at + WORD.again] as number, since);
  }

  #touch(row: Row, rank: number, now: number): Row {
    const at = row * HEAD;
    const meta = this.#heads[at + META] as number;
    if (rank > ((meta >>> RANK_SHIFT) & RANK_MASK)) {
      this.#heads[at + META] =
        (meta & ~(RANK_MASK << RANK_SHIFT)) | (Math.min(rank, RANK_MASK) << RANK_SHIFT);
    }
    this.#heads[at + SEEN] = now | 0;
    this.#latest = row;
    return row;
  }

  /** A row of the set that is empty, or whose source got no further than `rank`. */
  #room(first: Row, rank: number, now: number): Row {
    let victim = NO_ROW;
    let least = Math.min(rank, RANK_MASK) + 1;
    const turn = this.#draw();
    for (let way = 0; way < WAYS; way++) {
      const row = first + ((way + turn) & (WAYS - 1));
      const meta = this.#meta(row);
      if (meta === 0) return row;
      const standing = this.#standing(row, meta, now);
      if (standing < least) {
        least = standing;
        victim = row;
      }
    }
    this.displaced++;
    return victim;
  }

  /** The highest stage of the source, or almost none if that was long ago. */
  #standing(row: Row, meta: number, now: number): number {
    if ((meta & FOLLOWED) !== 0) return RANK_MASK + 2;
    const age = Math.abs(((now | 0) - (this.#heads[row * HEAD + SEEN] as number)) | 0);
    return age > FRESH_MS ? -1 : (meta >>> RANK_SHIFT) & RANK_MASK;
  }

  #findFrom(first: Row, family: number, w0: number, w1: number, w2: number, w3: number): Row {
    for (let row = first; row < first + WAYS; row++) if (this.#is(row, family, w0, w1, w2, w3)) return row;
    return NO_ROW;
  }

  #is(row: Row, family: number, w0: number, w1: number, w2: number, w3: number): boolean {
    const heads = this.#heads;
    const at = row * HEAD;
    return (
      heads[at + 3] === (w3 | 0) &&
      ((heads[at + META] as number) & (IN_USE | FAMILY_6)) === (family === 6 ? IN_USE | FAMILY_6 : IN_USE) &&
      heads[at] === (w0 | 0) &&
      heads[at + 1] === (w1 | 0) &&
      heads[at + 2] === (w2 | 0)
    );
  }

  #meta(row: Row): number {
    return this.#heads[row * HEAD + META] as number;
  }

  /** Multiplies by secret odd factors: without them nobody can find sources that share a set. */
  #set(family: number, w0: number, w1: number, w2: number, w3: number): Row {
    const [k0, k1, k2, k3] = this.#factors;
    let hash = Math.imul(w3 ^ family, k0);
    hash = Math.imul(hash ^ (hash >>> 15) ^ w2, k1);
    hash = Math.imul(hash ^ (hash >>> 15) ^ w1, k2);
    hash = Math.imul(hash ^ (hash >>> 15) ^ w0, k3);
    return ((hash ^ (hash >>> 15)) & this.#setMask) * WAYS;
  }

  /** xorshift32 (Marsaglia), from the secret. */
  #draw(): number {
    let x = this.#random;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#random = x;
    return x >>> 30;
  }
}

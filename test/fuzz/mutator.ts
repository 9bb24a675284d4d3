import { Random } from './random.ts';

/** What inputs are made from: good ones, and pieces that readers look for. */
export type Material = {
  /** Never empty. */
  readonly corpus: readonly Uint8Array[];
  readonly tokens: readonly Uint8Array[];
  /** BOUNDED: no input is longer. */
  readonly maxBytes: number;
};

/** Lengths and counts that readers trip over; beside them, the input's own length. */
const EDGES = [
  0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 19, 20, 39, 40, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff,
];

/** One input in so many is nothing but chance. */
const RANDOM_ONE_IN = 12;
/** One input in so many is made long by repeating a piece of it. */
const LONG_ONE_IN = 512;
const MAX_CHANGES = 5;

/** Makes input after input in one place. The bytes are `bytes[0..length)`, good until the next `make`; nothing is allocated. */
export class Mutator {
  readonly bytes: Uint8Array;
  length = 0;
  readonly #material: Material;
  readonly #random: Random;

  constructor(material: Material, seed: number) {
    this.#material = material;
    this.#random = new Random(seed);
    this.bytes = new Uint8Array(material.maxBytes);
  }

  make(index: number): void {
    this.#random.begin(index);
    if (this.#random.below(RANDOM_ONE_IN) === 0) {
      this.#fill(this.#random.below(Math.min(this.bytes.length, 512)));
      return;
    }
    this.length = 0;
    this.#insert(0, pick(this.#material.corpus, this.#random));
    for (let changes = 1 + this.#random.below(MAX_CHANGES); changes > 0; changes--) this.#change();
    if (this.#random.below(LONG_ONE_IN) === 0) this.#lengthen();
  }

  #change(): void {
    const random = this.#random;
    const at = random.below(this.length + 1);
    switch (random.below(11)) {
      case 0:
        if (at < this.length) this.bytes[at] = (this.bytes[at] as number) ^ (1 << random.below(8));
        return;
      case 1:
        if (at < this.length) this.bytes[at] = random.next();
        return;
      case 2:
      case 3:
        this.#setLength(at);
        return;
      case 4:
        this.length = at;
        return;
      case 5:
        this.#cut(at, 1 + random.below(16));
        return;
      case 6:
        this.#repeat(at, 1 + random.below(32));
        return;
      case 7:
        this.#splice(at);
        return;
      case 8:
        this.#insert(at, pick(this.#material.tokens, random));
        return;
      case 9:
        this.#overwrite(at, pick(this.#material.tokens, random));
        return;
      default:
        this.#append(1 + random.below(8));
        return;
    }
  }

  #fill(length: number): void {
    for (let i = 0; i < length; i++) this.bytes[i] = this.#random.next();
    this.length = length;
  }

  /** A number of 1, 2 or 4 bytes, in either order, as if it were a length. */
  #setLength(at: number): void {
    const random = this.#random;
    const edge = random.below(EDGES.length + 3);
    const value = edge < EDGES.length ? (EDGES[edge] as number) : this.length + edge - EDGES.length - 1;
    const width = 1 << random.below(3);
    const big = random.below(2) === 0;
    for (let i = 0; i < width && at + i < this.length; i++) {
      this.bytes[at + i] = value >>> (8 * (big ? width - 1 - i : i));
    }
  }

  #cut(at: number, count: number): void {
    const end = Math.min(this.length, at + count);
    this.bytes.copyWithin(at, end, this.length);
    this.length -= end - at;
  }

  #repeat(at: number, count: number): void {
    const room = Math.min(count, this.length - at, this.bytes.length - this.length);
    this.bytes.copyWithin(at + room, at, this.length);
    this.length += room;
  }

  /** The end of another input of the corpus in the place of its own. */
  #splice(at: number): void {
    const other = pick(this.#material.corpus, this.#random);
    const from = this.#random.below(other.length + 1);
    this.length = at;
    for (let i = from; i < other.length && this.length < this.bytes.length; i++) {
      this.bytes[this.length++] = other[i] as number;
    }
  }

  #insert(at: number, piece: Uint8Array): void {
    const room = Math.min(piece.length, this.bytes.length - this.length);
    this.bytes.copyWithin(at + room, at, this.length);
    this.length += room;
    this.#overwrite(at, piece);
  }

  #overwrite(at: number, piece: Uint8Array): void {
    for (let i = 0; i < piece.length && at + i < this.length; i++) this.bytes[at + i] = piece[i] as number;
  }

  #append(count: number): void {
    for (let i = 0; i < count && this.length < this.bytes.length; i++) {
      this.bytes[this.length++] = this.#random.next();
    }
  }

  /** Work that grows faster than the input shows with long ones. */
  #lengthen(): void {
    const from = this.#random.below(this.length);
    const piece = Math.min(1 + this.#random.below(64), this.length - from);
    const until = this.#random.below(this.bytes.length + 1);
    while (piece > 0 && this.length + piece <= until) {
      this.bytes.copyWithin(this.length, from, from + piece);
      this.length += piece;
    }
  }
}

const NOTHING = new Uint8Array(0);

function pick(list: readonly Uint8Array[], random: Random): Uint8Array {
  return list[random.below(list.length)] ?? NOTHING;
}

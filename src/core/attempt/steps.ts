import { type Address, type Family, renderAddress } from '../net/address.ts';
import type { SequenceCompletion } from './completion.ts';

/** What happened to an attempt. Numbers, because a flood causes one per packet. */
export const STEP = {
  /** The first or a further knock was right: the attempt is at `stage`. */
  advanced: 1,
  /** A wrong knock ended the attempt at `stage`. */
  failed: 2,
  /** The attempt timed out at `stage`. */
  expired: 3,
  /** The table was full, and the attempt was evicted at `stage`. */
  evicted: 4,
  /** The last knock was right. */
  completed: 5,
  /** The last knock was right, but the source recently touched a decoy port: this completion does not count. */
  withheld: 6,
} as const;

export type StepKind = (typeof STEP)[keyof typeof STEP];

const WIDTH = 7;

/**
 * The results of one engine call, in order. The caller owns and reuses the object, so that a step allocates nothing.
 * BOUNDED: by twice the doors that share a port, or by the `limit` of `expire`.
 */
export class Steps {
  count = 0;
  #rows = new Uint32Array(16 * WIDTH);
  #completions: SequenceCompletion[] = [];

  clear(): void {
    this.count = 0;
    if (this.#completions.length > 0) this.#completions = [];
  }

  push(
    kind: StepKind,
    door: number,
    stage: number,
    family: Family,
    w0: number,
    w1: number,
    w2: number,
    w3: number,
  ): void {
    const at = this.count * WIDTH;
    if (at === this.#rows.length) this.#grow();
    const rows = this.#rows;
    rows[at] = (kind << 4) | family;
    rows[at + 1] = door;
    rows[at + 2] = stage;
    rows[at + 3] = w0;
    rows[at + 4] = w1;
    rows[at + 5] = w2;
    rows[at + 6] = w3;
    this.count++;
  }

  complete(completion: SequenceCompletion): void {
    this.#completions.push(completion);
  }

  get completions(): readonly SequenceCompletion[] {
    return this.#completions;
  }

  kind(index: number): StepKind {
    return (this.#cell(index, 0) >>> 4) as StepKind;
  }

  door(index: number): number {
    return this.#cell(index, 1);
  }

  stage(index: number): number {
    return this.#cell(index, 2);
  }

  family(index: number): Family {
    return (this.#cell(index, 0) & 15) as Family;
  }

  /** A 32-bit word of the source, unsigned. */
  word(index: number, word: 0 | 1 | 2 | 3): number {
    return this.#cell(index, 3 + word);
  }

  source(index: number): Address {
    return renderAddress(
      this.family(index),
      this.#cell(index, 3),
      this.#cell(index, 4),
      this.#cell(index, 5),
      this.#cell(index, 6),
    );
  }

  #cell(index: number, column: number): number {
    return this.#rows[index * WIDTH + column] as number;
  }

  #grow(): void {
    const rows = new Uint32Array(this.#rows.length * 2);
    rows.set(this.#rows);
    this.#rows = rows;
  }
}

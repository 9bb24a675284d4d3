import type { Door } from '../door/door.ts';

/** The doors of one configuration by the numbers that entries hold: the engine's, and behind them the others. */
export class TracedDoors {
  readonly #doors: readonly (Door | undefined)[];
  /** Names of doors that the engine does not have, for they take other proofs than a sequence. */
  readonly #others: readonly string[];
  readonly #firstOther: number;

  constructor(doors: readonly (Door | undefined)[], others: readonly string[]) {
    this.#doors = doors;
    this.#others = others;
    this.#firstOther = doors.length;
  }

  /** -1: there is none of this name. */
  numberOf(name: string): number {
    const number = this.#doors.findIndex((one) => one?.name === name);
    if (number >= 0) return number;
    const other = this.#others.indexOf(name);
    return other < 0 ? -1 : this.#firstOther + other;
  }

  door(number: number): Door | undefined {
    return number < this.#firstOther ? this.#doors[number] : undefined;
  }

  /** The name of a door that the engine does not have. */
  otherName(number: number): string | undefined {
    return this.#others[number - this.#firstOther];
  }
}

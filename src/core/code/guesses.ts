import type { CodeDoor } from '../door/door.ts';

/**
 * The codes that one packet completed: one per door with its ports. The caller owns and reuses the object, so that a
 * guess allocates nothing.
 */
export class Guesses {
  count = 0;
  readonly #doors: CodeDoor[] = [];
  readonly #codes: number[] = [];
  readonly #starts: number[] = [];

  clear(): void {
    this.count = 0;
  }

  add(door: CodeDoor, code: number, start: number): void {
    this.#doors[this.count] = door;
    this.#codes[this.count] = code;
    this.#starts[this.count] = start;
    this.count++;
  }

  door(index: number): CodeDoor {
    return this.#doors[index] as CodeDoor;
  }

  /** Its six digits as a number. */
  code(index: number): number {
    return this.#codes[index] as number;
  }

  /** When the first half arrived, in ms. */
  start(index: number): number {
    return this.#starts[index] as number;
  }
}

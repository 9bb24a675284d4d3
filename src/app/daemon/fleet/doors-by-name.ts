import type { DoorSpec } from '../../../core/door/door.ts';

/** Finds doors of the current configuration, of which there may be thousands. */
export class DoorsByName {
  readonly #doors: () => readonly DoorSpec[];
  #of: readonly DoorSpec[] | undefined;
  #byName: ReadonlyMap<string, DoorSpec> = new Map();

  constructor(doors: () => readonly DoorSpec[]) {
    this.#doors = doors;
  }

  get(name: string): DoorSpec | undefined {
    const doors = this.#doors();
    if (this.#of !== doors) {
      this.#of = doors;
      this.#byName = new Map(doors.map((door) => [door.name, door]));
    }
    return this.#byName.get(name);
  }
}

import type { CommandLimits } from '../../../core/door/command-limits.ts';
import type { DoorSpec } from '../../../core/door/door.ts';

/** The current limits of the doors' commands. BOUNDED: by the doors. */
export class DoorLimits {
  readonly #limits = new Map<string, CommandLimits>();

  replace(doors: readonly DoorSpec[]): void {
    this.#limits.clear();
    for (const door of doors) this.learn(door);
  }

  learn({ name, limits }: Pick<DoorSpec, 'name' | 'limits'>): void {
    if (limits === undefined) this.#limits.delete(name);
    else this.#limits.set(name, limits);
  }

  /** A removed door has the defaults. */
  of(door: string): CommandLimits {
    return this.#limits.get(door) ?? {};
  }
}

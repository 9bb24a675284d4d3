import type { DoorSpec } from '../door/door.ts';
import type { Address } from '../net/address.ts';
import { after, type Instant } from '../net/time.ts';

/** Sources waiting for a `cooldown`. */
export const MAX_COOLING = 65_536;

/** The decision on a knock at a door that runs one command and has no stop command. */
export type RunDecision =
  /** The command runs now. Call `ended` when it has ended. */
  | 'run'
  /** The command is running, and is repeated afterwards. */
  | 'again'
  | 'cooling'
  | 'busy';

/**
 * Doors that run one command and have no stop command. Knocks of a source while its command runs make it run once more
 * afterwards, however many there are. With a `cooldown`, knocks within that time after it have no effect. BOUNDED: by
 * the waiting commands, beyond which a knock is refused; by `MAX_COOLING` sources in cooldown, of which the oldest is
 * dropped early.
 */
export class CommandRuns {
  /** Running or waiting; true: must run once more. */
  readonly #busy = new Map<string, boolean>();
  /** When a source may run the door's command again, in order of insertion. */
  readonly #cooling = new Map<string, Instant>();

  /** `hasRoom`: whether one more command of the door may wait. */
  request(door: DoorSpec, source: Address, now: Instant, hasRoom: boolean): RunDecision {
    const key = keyOf(door.name, source);
    if (this.#isCooling(key, now)) return 'cooling';
    if (this.#busy.has(key)) {
      this.#busy.set(key, true);
      return 'again';
    }
    if (!hasRoom) return 'busy';
    if (door.cooldown !== undefined) this.#cool(key, after(now, door.cooldown));
    this.#busy.set(key, false);
    return 'run';
  }

  /** The command has ended. Returns whether it must run once more. */
  ended(door: string, source: Address): boolean {
    const key = keyOf(door, source);
    const again = this.#busy.get(key) === true;
    if (again) this.#busy.set(key, false);
    else this.#busy.delete(key);
    return again;
  }

  #isCooling(key: string, now: Instant): boolean {
    const until = this.#cooling.get(key);
    if (until === undefined) return false;
    if (until > now) return true;
    this.#cooling.delete(key);
    return false;
  }

  #cool(key: string, until: Instant): void {
    const first = this.#cooling.keys().next();
    if (this.#cooling.size >= MAX_COOLING && !first.done) this.#cooling.delete(first.value);
    this.#cooling.delete(key);
    this.#cooling.set(key, until);
  }
}

/** An address contains no line end. */
const keyOf = (door: string, source: Address): string => `${source}\n${door}`;

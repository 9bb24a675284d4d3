import type { DoorSpec } from '../door/door.ts';
import type { Address } from '../net/address.ts';
import { after, type Instant } from '../net/time.ts';

/** Sources that a `cooldown` keeps waiting. */
export const MAX_COOLING = 65_536;

/** What becomes of a knock at a door that runs one command and has none to close it. */
export type RunDecision =
  /** Its command runs now; `ended` is to be told when it has. */
  | 'run'
  /** It runs already, and once more afterwards. */
  | 'again'
  | 'cooling'
  | 'busy';

/**
 * Doors that run one command and have none to close them. A source's knocks that come while its command runs make it
 * run once more afterwards, however many they are; with a `cooldown`, those within that time after it do nothing.
 * BOUNDED: by the commands that wait, beyond which a knock is refused; by `MAX_COOLING` sources that cool down, of which
 * the one that began first is let go before its time.
 */
export class CommandRuns {
  /** Running or waiting; true: wanted once more. */
  readonly #busy = new Map<string, boolean>();
  /** When a source may have the door's command run again, in the order in which they began. */
  readonly #cooling = new Map<string, Instant>();

  /** `hasRoom`: whether one more command of the door may wait to run. */
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

  /** The command has ended. Returns whether it is to run once more. */
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

/** An address has no line end in it. */
const keyOf = (door: string, source: Address): string => `${source}\n${door}`;

import type { Address } from '../net/address.ts';
import type { Instant } from '../net/time.ts';

/** The last code of a user that was knocked at a door. */
export type UsedCode = {
  readonly user: string;
  readonly door: string;
  readonly step: number;
  readonly source: Address;
  /** By the wall clock. */
  readonly at: Instant;
  /** It has opened the door, and is not only known to somebody. */
  readonly hasOpened?: true;
};

/** What earlier runs have written down. */
export type CodeRecord = { readonly floor: number; readonly used: readonly UsedCode[] };

/** BOUNDED: a user and a door have one each. */
export const MAX_USED_CODES = 100_000;

export type CodeUse =
  | { readonly kind: 'fresh' }
  /** By the same source. */
  | { readonly kind: 'again'; readonly last: UsedCode }
  /** This one, or a later one. */
  | { readonly kind: 'used'; readonly last: UsedCode }
  /** It may have been used: the record of that time is not whole. */
  | { readonly kind: 'forgotten' };

/**
 * Which codes have been used: of a user and a door each step counts once, and none before one that was used. The same
 * source may knock the same code again. What was used stays, so a clock that is set back brings nothing to life again.
 */
export class UsedCodes {
  readonly #last = new Map<string, UsedCode>();
  readonly #floor: number;

  /** `floor`: up to this step, not all that was used is known. */
  constructor({ floor, used }: CodeRecord) {
    this.#floor = floor;
    for (const one of used) {
      const known = this.last(one.user, one.door);
      if (known === undefined || known.step < one.step) this.#last.set(nameOf(one.user, one.door), one);
    }
  }

  get floor(): number {
    return this.#floor;
  }

  judge(user: string, door: string, step: number, source: Address): CodeUse {
    const last = this.last(user, door);
    if (last !== undefined && last.step >= step)
      return { kind: last.step === step && last.source === source ? 'again' : 'used', last };
    return step <= this.#floor ? { kind: 'forgotten' } : { kind: 'fresh' };
  }

  last(user: string, door: string): UsedCode | undefined {
    return this.#last.get(nameOf(user, door));
  }

  /** False where there is no room for a user and door that have none yet. */
  take(one: UsedCode): boolean {
    const name = nameOf(one.user, one.door);
    if (!this.#last.has(name) && this.#last.size >= MAX_USED_CODES) return false;
    this.#last.set(name, one);
    return true;
  }

  /** What the user has used counts no more. Whether there was anything. */
  forgive(user: string): boolean {
    const names = [...this.#last.values()].filter((one) => one.user === user);
    for (const { door } of names) this.#last.delete(nameOf(user, door));
    return names.length > 0;
  }

  each(): Iterable<UsedCode> {
    return this.#last.values();
  }
}

/** No name of a user has a line break in it. */
const nameOf = (user: string, door: string): string => `${user}\n${door}`;

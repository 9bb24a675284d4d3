import type { Address } from '../net/address.ts';
import type { Instant } from '../net/time.ts';

/** The last code that a user knocked at a door. */
export type UsedCode = {
  readonly user: string;
  readonly door: string;
  readonly step: number;
  readonly source: Address;
  /** By the wall clock. */
  readonly at: Instant;
  /** It has opened the door. Absent: it was knocked, so somebody may have seen it. */
  readonly hasOpened?: true;
};

/** The record of earlier runs. */
export type CodeRecord = { readonly floor: number; readonly used: readonly UsedCode[] };

/** BOUNDED: one per user and door. */
export const MAX_USED_CODES = 100_000;

export type CodeUse =
  | { readonly kind: 'fresh' }
  /** From the same source. */
  | { readonly kind: 'again'; readonly last: UsedCode }
  /** This one, or a later one. */
  | { readonly kind: 'used'; readonly last: UsedCode }
  /** It may have been used: the record of that time is incomplete. */
  | { readonly kind: 'forgotten' };

/**
 * Which codes have been used: each step of a user and door counts once, and no step before a used one counts. The same
 * source may repeat the same code. Used ones are kept, so setting the clock back does not make them valid again.
 */
export class UsedCodes {
  readonly #last = new Map<string, UsedCode>();
  readonly #floor: number;

  /** `floor`: up to this step, the record may be incomplete. */
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

  /** False: there is no room for a new user and door. */
  use(one: UsedCode): boolean {
    const name = nameOf(one.user, one.door);
    if (!this.#last.has(name) && this.#last.size >= MAX_USED_CODES) return false;
    this.#last.set(name, one);
    return true;
  }

  /** Forgets what the user has used. Returns whether there was anything. */
  forgive(user: string): boolean {
    const names = [...this.#last.values()].filter((one) => one.user === user);
    for (const { door } of names) this.#last.delete(nameOf(user, door));
    return names.length > 0;
  }

  each(): Iterable<UsedCode> {
    return this.#last.values();
  }
}

/** User names contain no line break. */
const nameOf = (user: string, door: string): string => `${user}\n${door}`;

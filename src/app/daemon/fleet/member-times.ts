import type { Judged } from '../../../core/fleet/judge-record.ts';
import type { Instant, Millis } from '../../../core/net/time.ts';

export type GoodRecord = Extract<Judged, { readonly kind: 'good' }>;

/** Of a lease of another member, by the clock that counts from boot. */
export type ToldLease = {
  /** When it is over there. */
  readonly ends: Instant;
  /** When it is over here at the latest, however often it is told again. */
  readonly longest: Instant;
};

export type HeardMember = { readonly at: Instant; readonly skew?: number };

/** BOUNDED: leases of others that are remembered; twice as many as can be open here. */
const MAX_TOLD = 131_072;

/** When members have been heard, and how long their leases last. */
export class MemberTimes {
  readonly #heard = new Map<string, HeardMember>();
  /** By member and lease, in the order in which they were told last. */
  readonly #told = new Map<string, ToldLease>();

  /** `age`: by the engine's clock. */
  heard({ record, member }: GoodRecord, now: Instant, age: Millis = 0 as Millis): void {
    this.#heard.set(member.name, { at: now, skew: Math.round(record.at - (now - age)) });
  }

  of(member: string): HeardMember | undefined {
    return this.#heard.get(member);
  }

  longest(member: string, lease: string): Instant | undefined {
    return this.#told.get(`${member} ${lease}`)?.longest;
  }

  ends(member: string, lease: string): Instant | undefined {
    return this.#told.get(`${member} ${lease}`)?.ends;
  }

  tell(member: string, lease: string, told: ToldLease): void {
    const key = `${member} ${lease}`;
    this.#told.delete(key);
    this.#told.set(key, told);
    if (this.#told.size <= MAX_TOLD) return;
    const [oldest] = this.#told.keys();
    if (oldest !== undefined) this.#told.delete(oldest);
  }

  forget(member: string, lease: string): void {
    this.#told.delete(`${member} ${lease}`);
  }

  /** Those that are over everywhere. */
  prune(now: Instant): void {
    for (const [key, { ends }] of this.#told) if (ends <= now) this.#told.delete(key);
  }
}

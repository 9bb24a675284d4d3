import type { Judged } from '../../../core/fleet/judge-record.ts';
import type { Instant, Millis } from '../../../core/net/time.ts';

export type GoodRecord = Extract<Judged, { readonly kind: 'good' }>;

/** Times of another member's lease, on the boot clock. */
export type MemberLease = {
  /** When it ends there. */
  readonly ends: Instant;
  /** The latest end here, however often it is repeated. */
  readonly longest: Instant;
};

export type HeardMember = { readonly at: Instant; readonly skew?: number };

/** BOUNDED: remembered leases of others; twice as many as can be open here. */
const MAX_LEASES = 131_072;

/** When each member was last heard, and how long its leases last. */
export class MemberTimes {
  readonly #heard = new Map<string, HeardMember>();
  /** By member and lease, in the order of their last repetition. */
  readonly #told = new Map<string, MemberLease>();

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

  recordLease(member: string, lease: string, told: MemberLease): void {
    const key = `${member} ${lease}`;
    this.#told.delete(key);
    this.#told.set(key, told);
    if (this.#told.size <= MAX_LEASES) return;
    const [oldest] = this.#told.keys();
    if (oldest !== undefined) this.#told.delete(oldest);
  }

  forget(member: string, lease: string): void {
    this.#told.delete(`${member} ${lease}`);
  }

  /** Forgets leases that are over everywhere. */
  prune(now: Instant): void {
    for (const [key, { ends }] of this.#told) if (ends <= now) this.#told.delete(key);
  }
}

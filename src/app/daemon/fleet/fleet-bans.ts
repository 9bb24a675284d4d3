import type { Ban } from '../../../core/ban/ban-list.ts';
import type { BanChange, FleetBody } from '../../../core/fleet/fleet-record.ts';
import { restAt } from '../../../core/fleet/judge-record.ts';
import { byMember } from '../../../core/lease/holders.ts';
import { familyOf } from '../../../core/net/address.ts';
import { type Prefix, renderPrefix } from '../../../core/net/prefix.ts';
import { after, type Instant, since } from '../../../core/net/time.ts';
import { BanRows, wordOf } from './ban-rows.ts';
import type { FleetMemory } from './fleet-memory.ts';
import type { Membership } from './fleet-parts.ts';
import type { FleetRefusals } from './fleet-refusals.ts';
import type { GoodRecord } from './member-times.ts';

/** BOUNDED: bans of one member. */
const MAX_MEMBER_BANS = 4096;

/** The widest prefixes that a member may ban, by family. */
const WIDEST = { 4: 16, 6: 32 } as const;

/** Two ends that differ by less count as equal. */
const SAME_MS = 2000;

export type FleetBansParts = {
  readonly membership: Membership;
  readonly memory: FleetMemory;
  readonly refusals: FleetRefusals;
};

/** Bans of other members, and which of them apply here. */
export class FleetBans {
  readonly #parts: FleetBansParts;
  readonly #rows: BanRows;
  #isApplying = false;

  constructor(parts: FleetBansParts) {
    this.#parts = parts;
    this.#rows = new BanRows(parts.memory);
  }

  /** Whether the present change of the bans comes from the fleet. */
  get isApplying(): boolean {
    return this.#isApplying;
  }

  /**
   * Returns how many had an effect. `isStored`: from the hash, which has each member's newest record for each prefix.
   */
  apply(good: GoodRecord, body: Extract<FleetBody, { kind: 'ban' | 'unban' }>, isStored: boolean): number {
    const { membership, refusals } = this.#parts;
    const { member } = good;
    // This host's bans are in its own file.
    if (member === membership.identity().self) return 0;
    if (!member.bans) {
      refusals.report('bans', member.name);
      return 0;
    }
    const changes: readonly BanChange[] =
      body.kind === 'ban' ? body.bans : body.lifted.map((who) => ({ who }));
    let count = 0;
    this.#isApplying = true;
    try {
      membership.bans.together(() => {
        for (const change of changes) {
          if (!this.#isNews(good, change.who, isStored)) continue;
          const hasEffect = body.kind === 'ban' ? this.#ban(good, change) : this.#unban(good, change.who);
          if (hasEffect) count += 1;
        }
      });
    } finally {
      this.#isApplying = false;
    }
    return count;
  }

  #ban(good: GoodRecord, { who, rest }: BanChange): boolean {
    const { membership, refusals } = this.#parts;
    const { bans, clock } = membership;
    const { member, age } = good;
    if (who.length < WIDEST[familyOf(who.base)]) {
      refusals.report('wide', member.name, `, ${renderPrefix(who)}`);
      return false;
    }
    const now = clock.wall();
    const left = rest === undefined ? undefined : restAt(rest, age);
    const until = left === undefined ? undefined : after(now, left);
    this.#rows.forgetEnded(now);
    const known = this.#rows.of(member.name, who);
    if (wordOf(known) === 'overruled') {
      this.#rows.put(good, who, 'overruled', until);
      return false;
    }
    if (known === undefined && this.#rows.countOf(member.name) >= MAX_MEMBER_BANS) {
      refusals.report('many', member.name);
      return false;
    }
    if (left !== undefined && left <= 0) return false;
    const isOwn = this.#isBannedHere(who) && !this.#rows.isOfFleet(who);
    const isNew = !isOwn && !this.#isInForce(who, left);
    if (isNew && bans.ban(who, left, { by: byMember(member.name) }).kind === 'full') return false;
    this.#rows.put(good, who, isOwn ? 'known' : 'banned', until);
    return isNew;
  }

  #unban(good: GoodRecord, who: Prefix): boolean {
    const { member } = good;
    const held = this.#rows.of(member.name, who);
    this.#rows.put(good, who, 'lifted');
    if (wordOf(held) !== 'banned' || this.#rows.isOfFleet(who)) return false;
    return this.#parts.membership.bans.unban(who, { by: byMember(member.name) }).removed;
  }

  /** The operator of this host has lifted the ban. */
  overrule(who: Prefix): void {
    this.#rows.overrule(who);
    this.#parts.memory.flush();
  }

  /** Bans of this host's own operator, at most as many as a member may have. */
  own(): readonly Ban[] {
    const own = this.#parts.membership.bans.list().filter(({ prefix }) => !this.#rows.isOfFleet(prefix));
    return own.slice(-MAX_MEMBER_BANS);
  }

  forget(now: Instant): void {
    this.#rows.forget(now);
  }

  /** Whether the record is newer than what is known. A record in the hash may be old, and is read again and again. */
  #isNews({ record, member }: GoodRecord, who: Prefix, isStored: boolean): boolean {
    const known = this.#rows.of(member.name, who);
    if (known === undefined) return true;
    const [epoch, number] = known.value.split(' ');
    if (epoch === record.epoch) return record.number > Number(number);
    return record.at > known.at || (!isStored && record.at === known.at);
  }

  /** The same ban arrives in the stream and in the hash. `left`: absent if it is permanent. */
  #isInForce(who: Prefix, left: number | undefined): boolean {
    const { bans, clock } = this.#parts.membership;
    const ban = bans.of(who.base).find(({ prefix }) => renderPrefix(prefix) === renderPrefix(who));
    if (ban === undefined || ban.until === undefined || left === undefined)
      return ban !== undefined && ban.until === left;
    return Math.abs(since(clock.wall(), ban.until) - left) < SAME_MS;
  }

  #isBannedHere(who: Prefix): boolean {
    const name = renderPrefix(who);
    return this.#parts.membership.bans.of(who.base).some(({ prefix }) => renderPrefix(prefix) === name);
  }
}

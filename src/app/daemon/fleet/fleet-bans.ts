import type { Ban } from '../../../core/ban/ban-list.ts';
import type { BanChange, FleetBody } from '../../../core/fleet/fleet-record.ts';
import { restAt } from '../../../core/fleet/judge-record.ts';
import { byMember } from '../../../core/lease/holders.ts';
import { familyOf } from '../../../core/net/address.ts';
import { type Prefix, renderPrefix } from '../../../core/net/prefix.ts';
import { type Instant, instant, since } from '../../../core/net/time.ts';
import type { FleetRow } from '../../../host/store/lease-store.ts';
import type { FleetMemory } from './fleet-memory.ts';
import type { Membership } from './fleet-parts.ts';
import type { FleetRefusals } from './fleet-refusals.ts';
import type { GoodRecord } from './member-times.ts';

/** BOUNDED: bans of one member. */
const MAX_MEMBER_BANS = 4096;

/** The widest prefixes that a member may ban, by family. */
const WIDEST = { 4: 16, 6: 32 } as const;

/** The end of a row, after the record's epoch and number. */
const BANNED = 'banned';
const LIFTED = 'lifted';
/** The operator of this host has banned it as well, so the member cannot lift it. */
const KNOWN = 'known';
/** The operator of this host has lifted it: it stays lifted until the member lifts it too. */
const OVERRULED = 'overruled';

/** How long a lifted ban is remembered, in case an old record of it is put into the engine again. */
const LIFTED_MS = 30 * 86_400_000;

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
  #isApplying = false;

  constructor(parts: FleetBansParts) {
    this.#parts = parts;
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
      refusals.note('bans', member.name);
      return 0;
    }
    const changes: readonly BanChange[] =
      body.kind === 'ban' ? body.bans : body.lifted.map((who) => ({ who }));
    let count = 0;
    for (const change of changes) {
      if (!this.#isNews(good, change.who, isStored)) continue;
      this.#isApplying = true;
      try {
        const hasEffect = body.kind === 'ban' ? this.#ban(good, change) : this.#unban(good, change.who);
        if (hasEffect) count += 1;
      } finally {
        this.#isApplying = false;
      }
    }
    return count;
  }

  #ban(good: GoodRecord, { who, rest }: BanChange): boolean {
    const { membership, memory, refusals } = this.#parts;
    const { bans } = membership;
    const { member, age } = good;
    if (who.length < WIDEST[familyOf(who.base)]) {
      refusals.note('wide', member.name, `, ${renderPrefix(who)}`);
      return false;
    }
    const name = `${member.name} ${renderPrefix(who)}`;
    const known = memory.bans.get(name);
    if (known !== undefined && wordOf(known) === OVERRULED) {
      memory.putBan(rowOf(good, name, OVERRULED));
      return false;
    }
    if (known === undefined && this.#countOf(member.name) >= MAX_MEMBER_BANS) {
      refusals.note('many', member.name);
      return false;
    }
    const left = rest === undefined ? undefined : restAt(rest, age);
    if (left !== undefined && left <= 0) return false;
    const isOwn = this.#isBannedHere(who) && !this.#isOfFleet(who);
    const isNew = !isOwn && !this.#isInForce(who, left);
    if (isNew && bans.ban(who, left, { by: byMember(member.name) }).kind === 'full') return false;
    memory.putBan(rowOf(good, name, isOwn ? KNOWN : BANNED));
    return isNew;
  }

  #unban(good: GoodRecord, who: Prefix): boolean {
    const { membership, memory } = this.#parts;
    const { member } = good;
    const name = `${member.name} ${renderPrefix(who)}`;
    const held = memory.bans.get(name);
    memory.putBan(rowOf(good, name, LIFTED));
    if (held === undefined || wordOf(held) !== BANNED || this.#isOfFleet(who)) return false;
    return membership.bans.unban(who, { by: byMember(member.name) }).removed;
  }

  /** The operator of this host has lifted the ban. */
  overrule(who: Prefix): void {
    const { membership, memory } = this.#parts;
    for (const member of membership.identity().members.keys()) {
      const row = memory.bans.get(`${member} ${renderPrefix(who)}`);
      if (row === undefined || wordOf(row) === LIFTED) continue;
      const [epoch, number] = row.value.split(' ');
      memory.putBan({ ...row, value: `${epoch} ${number} ${OVERRULED}` });
    }
    memory.flush();
  }

  /** Bans of this host's own operator, at most as many as a member may have. */
  own(): readonly Ban[] {
    const own = this.#parts.membership.bans.list().filter(({ prefix }) => !this.#isOfFleet(prefix));
    return own.slice(-MAX_MEMBER_BANS);
  }

  /** Forgets bans lifted long ago, which the engine has forgotten too. */
  forget(now: Instant): void {
    const { memory } = this.#parts;
    for (const [name, row] of memory.bans)
      if (wordOf(row) === LIFTED && since(row.at, now) > LIFTED_MS) memory.dropBan(name);
  }

  /** A record of the hash may be old, and is read again and again. */
  #isNews({ record, member }: GoodRecord, who: Prefix, isStored: boolean): boolean {
    const known = this.#parts.memory.bans.get(`${member.name} ${renderPrefix(who)}`);
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

  /** Whether it is banned here because of a member's record. */
  #isOfFleet(who: Prefix): boolean {
    const suffix = ` ${renderPrefix(who)}`;
    for (const member of this.#parts.membership.identity().members.keys()) {
      const row = this.#parts.memory.bans.get(`${member}${suffix}`);
      if (row !== undefined && wordOf(row) === BANNED) return true;
    }
    return false;
  }

  #countOf(member: string): number {
    let count = 0;
    for (const [name, row] of this.#parts.memory.bans)
      if (name.startsWith(`${member} `) && wordOf(row) !== LIFTED) count += 1;
    return count;
  }
}

const rowOf = ({ record }: GoodRecord, name: string, word: string): FleetRow => ({
  kind: 'ban',
  name,
  value: `${record.epoch} ${record.number} ${word}`,
  at: instant(record.at),
});

const wordOf = ({ value }: FleetRow): string => value.split(' ')[2] ?? '';

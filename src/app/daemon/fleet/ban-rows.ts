import { type Prefix, renderPrefix } from '../../../core/net/prefix.ts';
import { type Instant, instant, since } from '../../../core/net/time.ts';
import type { FleetRow } from '../../../host/store/lease-store.ts';
import type { FleetMemory } from './fleet-memory.ts';
import type { GoodRecord } from './member-times.ts';

/**
 * What this host remembers about a member's ban. `banned`: it is in force here. `known`: the operator of this host has banned it
 * as well, so the member cannot lift it. `overruled`: the operator of this host has lifted it: it stays lifted until the
 * member lifts it too. `lifted`: the member has lifted it.
 */
export type BanWord = 'banned' | 'known' | 'overruled' | 'lifted';

/** BOUNDED: lifted bans of one member that are remembered. A newer one replaces the oldest. */
const MAX_LIFTED = 4096;

/** Added to a ban's end, because the list of bans ends it a little later. */
const SLACK_MS = 1000;

/** How long a lifted ban is remembered, in case an old record of it is put into the engine again. */
const LIFTED_MS = 30 * 86_400_000;

type Counts = { held: number; readonly lifted: Set<string> };

/** The members' bans: one row for each member and prefix, with the number of the member's newest record. */
export class BanRows {
  readonly #memory: FleetMemory;
  readonly #counts = new Map<string, Counts>();
  /** By prefix: the members that have a row for it, including former members. */
  readonly #members = new Map<string, Set<string>>();
  /** When the first ban ends. */
  #firstEnd = Number.POSITIVE_INFINITY;

  constructor(memory: FleetMemory) {
    this.#memory = memory;
    for (const row of memory.bans.values()) this.#note(row);
  }

  of(member: string, who: Prefix): FleetRow | undefined {
    return this.#memory.bans.get(nameOf(member, who));
  }

  /** The number of the member's bans that it has not lifted. */
  countOf(member: string): number {
    return this.#counts.get(member)?.held ?? 0;
  }

  /** Whether it is banned here because of a member's record. */
  isOfFleet(who: Prefix): boolean {
    return this.membersOf(who).some((member) => wordOf(this.of(member, who)) === 'banned');
  }

  membersOf(who: Prefix): readonly string[] {
    return [...(this.#members.get(renderPrefix(who)) ?? [])];
  }

  /** `until`: when the ban is over, by the wall clock. */
  put({ record, member }: GoodRecord, who: Prefix, word: BanWord, until?: Instant): void {
    const end = until === undefined ? '' : ` ${Math.ceil(until) + SLACK_MS}`;
    const value = `${record.epoch} ${record.number} ${word}${end}`;
    this.#put({ kind: 'ban', name: nameOf(member.name, who), value, at: instant(record.at) });
  }

  overrule(who: Prefix): void {
    for (const member of this.membersOf(who)) {
      const row = this.of(member, who);
      if (row === undefined || wordOf(row) === 'lifted') continue;
      const [epoch, number, , ...end] = row.value.split(' ');
      this.#put({ ...row, value: [epoch, number, 'overruled', ...end].join(' ') });
    }
  }

  /** Forgets bans that are over, and those lifted long ago, which the engine has forgotten too. */
  forget(now: Instant): void {
    this.forgetEnded(now);
    for (const [name, row] of this.#memory.bans)
      if (wordOf(row) === 'lifted' && since(row.at, now) > LIFTED_MS) this.#drop(name, row);
  }

  forgetEnded(now: Instant): void {
    if (now < this.#firstEnd) return;
    this.#firstEnd = Number.POSITIVE_INFINITY;
    for (const [name, row] of this.#memory.bans) {
      const end = endOf(row);
      if (end <= now) this.#drop(name, row);
      else this.#firstEnd = Math.min(this.#firstEnd, end);
    }
  }

  #put(row: FleetRow): void {
    const before = this.#memory.bans.get(row.name);
    if (before !== undefined) this.#discount(before);
    this.#memory.putBan(row);
    this.#note(row);
    const { member } = partsOf(row);
    const { lifted } = this.#countsOf(member);
    const [oldest] = lifted;
    const old = lifted.size > MAX_LIFTED && oldest !== undefined ? this.#memory.bans.get(oldest) : undefined;
    if (old !== undefined) this.#drop(old.name, old);
  }

  #drop(name: string, row: FleetRow): void {
    this.#discount(row);
    const { member, who } = partsOf(row);
    const members = this.#members.get(who);
    members?.delete(member);
    if (members?.size === 0) this.#members.delete(who);
    this.#memory.dropBan(name);
  }

  #note(row: FleetRow): void {
    const { member, who } = partsOf(row);
    const counts = this.#countsOf(member);
    if (wordOf(row) === 'lifted') counts.lifted.add(row.name);
    else counts.held += 1;
    const members = this.#members.get(who);
    if (members === undefined) this.#members.set(who, new Set([member]));
    else members.add(member);
    this.#firstEnd = Math.min(this.#firstEnd, endOf(row));
  }

  #discount(row: FleetRow): void {
    const counts = this.#countsOf(partsOf(row).member);
    if (!counts.lifted.delete(row.name)) counts.held -= 1;
  }

  #countsOf(member: string): Counts {
    const known = this.#counts.get(member);
    if (known !== undefined) return known;
    const counts: Counts = { held: 0, lifted: new Set() };
    this.#counts.set(member, counts);
    return counts;
  }
}

export const wordOf = (row: FleetRow | undefined): string => row?.value.split(' ')[2] ?? '';

const nameOf = (member: string, who: Prefix): string => `${member} ${renderPrefix(who)}`;

function partsOf({ name }: FleetRow): { readonly member: string; readonly who: string } {
  const [member = '', who = ''] = name.split(' ');
  return { member, who };
}

/** When the ban is over, by the wall clock. */
const endOf = ({ value }: FleetRow): number => Number(value.split(' ')[3] ?? Number.POSITIVE_INFINITY);

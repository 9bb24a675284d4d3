import type { HashKey } from '../attempt/keyed-hash.ts';
import { type Address, addressWords, type Family, familyOf } from '../net/address.ts';
import { type Prefix, parsePrefix, prefixAround, prefixWidth, renderPrefix } from '../net/prefix.ts';
import { type Instant, instant } from '../net/time.ts';
import { PrefixTable } from './prefix-table.ts';

/** Maximum number of banned addresses and prefixes. */
export const MAX_BANS = 65_536;

/** `until`: on the wall clock; absent: permanent. */
export type Ban = { readonly prefix: Prefix; readonly until?: Instant };

/** `full`: the limit is reached. */
export type BanResult = 'added' | 'changed' | 'full';

const FOR_GOOD = Number.POSITIVE_INFINITY;
const LIFTED = Number.NEGATIVE_INFINITY;

/** Lifted bans that may stay in the table beside as many valid ones, because rebuilding it takes time. */
const MIN_LIFTED = 1024;

/** A ban, and its line in the file. */
type Entry = { readonly ban: Ban; readonly line: string };

/**
 * The sources whose knocks are ignored. BOUNDED: by `limit`; a further ban is refused. Expired bans are removed when
 * space is needed, and when the list is read.
 */
export class BanList {
  readonly #limit: number;
  readonly #bans = new Map<string, Entry>();
  readonly #table: PrefixTable;
  /** When the first ban expires. */
  #firstEnd = FOR_GOOD;
  /** Prefixes in the table that are no longer banned. */
  #lifted = 0;
  #changes = 0;

  constructor(limit: number, key: HashKey) {
    this.#limit = limit;
    this.#table = new PrefixTable(key);
  }

  /** How often a ban was added, changed or removed. */
  get changes(): number {
    return this.#changes;
  }

  /** Whether the source is banned at `now`. */
  has(family: Family, w0: number, w1: number, w2: number, w3: number, now: number): boolean {
    return this.#table.size > 0 && this.#table.greatest(family, w0, w1, w2, w3) > now;
  }

  hasAddress(source: Address, now: Instant): boolean {
    const [w0, w1, w2, w3] = addressWords(source);
    return this.has(familyOf(source), w0, w1, w2, w3, now);
  }

  /** Replaces a ban of the same prefix, whether it ends earlier or later. */
  add(ban: Ban, now: Instant): BanResult {
    const name = renderPrefix(ban.prefix);
    const isKnown = this.#bans.has(name);
    if (!isKnown && this.#bans.size >= this.#limit) this.#prune(now);
    if (!isKnown && this.#bans.size >= this.#limit) return 'full';
    this.#changes += 1;
    this.#bans.set(name, { ban, line: renderBan(ban) });
    this.#table.put(ban.prefix, ban.until ?? FOR_GOOD);
    this.#firstEnd = Math.min(this.#firstEnd, ban.until ?? FOR_GOOD);
    return isKnown ? 'changed' : 'added';
  }

  /** Whether exactly this prefix was banned. */
  remove(prefix: Prefix): boolean {
    if (!this.#bans.has(renderPrefix(prefix))) return false;
    this.#changes += 1;
    this.#lift(prefix);
    this.#tidy();
    return true;
  }

  /** Number of bans in force at `now`. */
  count(now: Instant): number {
    this.#prune(now);
    return this.#bans.size;
  }

  /** All bans in force at `now`, in the order of their creation. */
  list(now: Instant): readonly Ban[] {
    this.#prune(now);
    return Array.from(this.#bans.values(), ({ ban }) => ban);
  }

  /** The lines of all bans in force at `now`, see `renderBan`. */
  lines(now: Instant): readonly string[] {
    this.#prune(now);
    return Array.from(this.#bans.values(), ({ line }) => line);
  }

  /** The bans that include the address, the longest prefix first. */
  of(source: Address, now: Instant): Ban[] {
    if (!this.hasAddress(source, now)) return [];
    const found: Ban[] = [];
    for (let length = prefixWidth(source); length >= 0; length--) {
      const ban = this.#bans.get(renderPrefix(prefixAround(source, length)))?.ban;
      if (ban !== undefined && (ban.until ?? FOR_GOOD) > now) found.push(ban);
    }
    return found;
  }

  #prune(now: Instant): void {
    if (now < this.#firstEnd) return;
    this.#firstEnd = FOR_GOOD;
    for (const { ban } of this.#bans.values()) {
      const { prefix, until = FOR_GOOD } = ban;
      if (until <= now) this.#lift(prefix);
      else this.#firstEnd = Math.min(this.#firstEnd, until);
    }
    this.#tidy();
  }

  #lift(prefix: Prefix): void {
    this.#bans.delete(renderPrefix(prefix));
    this.#table.put(prefix, LIFTED);
    this.#lifted++;
  }

  #tidy(): void {
    if (this.#bans.size > 0 && this.#lifted <= MIN_LIFTED + this.#bans.size) return;
    this.#table.clear();
    this.#lifted = 0;
    for (const { ban } of this.#bans.values()) this.#table.put(ban.prefix, ban.until ?? FOR_GOOD);
  }
}

/** A line of the ban file: the prefix, and `-` or its end in ms since 1970. */
export function renderBan({ prefix, until }: Ban): string {
  return `${renderPrefix(prefix)} ${until === undefined ? '-' : Math.ceil(until)}`;
}

export function parseBan(line: string): Ban | undefined {
  const [name = '', end = '', ...more] = line.split(' ');
  const prefix = parsePrefix(name);
  if (prefix === undefined || more.length > 0) return undefined;
  if (end === '-') return { prefix };
  return /^[0-9]{1,15}$/.test(end) ? { prefix, until: instant(Number(end)) } : undefined;
}

import type { GuardedSource, ScanGuard } from '../../../core/attempt/scan-guard.ts';
import type { Ban, BanList } from '../../../core/ban/ban-list.ts';
import type { ByOperator, Event } from '../../../core/event/event.ts';
import { type Address, addressWords, familyOf } from '../../../core/net/address.ts';
import { type Prefix, renderPrefix } from '../../../core/net/prefix.ts';
import { after, type Instant, type Millis } from '../../../core/net/time.ts';
import type { Clock } from '../../../host/clock/clock.ts';
import { BanFile } from './ban-file.ts';

export type BanKeeperParts = {
  readonly bans: BanList;
  readonly guard: ScanGuard;
  readonly clock: Clock;
  /** Undefined if no state survives the daemon. */
  readonly directory: string | undefined;
  readonly report: (event: Event) => void;
};

export type BanChange = Ban & { readonly isLifted: boolean };

/** `unkept`: why the ban will not survive a restart. */
export type BanOutcome =
  | { readonly kind: 'full' }
  | { readonly kind: 'banned'; readonly ban: Ban; readonly unkept?: string };

export type UnbanOutcome = {
  /** Whether exactly this prefix was banned. */
  readonly removed: boolean;
  /** Other bans that still include the address. */
  readonly still: readonly Ban[];
  /** The scan guard had a penalty for the address, and dropped it. */
  readonly forgiven: boolean;
  readonly unkept?: string;
};

/** Keeps the bans, including those of earlier runs, and applies them. */
export class BanKeeper {
  readonly #parts: BanKeeperParts;
  readonly #file: BanFile | undefined;
  #onBan: () => void = () => undefined;
  #onChange: ((change: BanChange) => void) | undefined;
  /** Many bans change: they are written and applied once, at the end. */
  #isTogether = false;

  constructor(parts: BanKeeperParts) {
    this.#parts = parts;
    this.#file = parts.directory === undefined ? undefined : new BanFile(parts.directory);
    this.#load();
  }

  /** `onBan`: called when the bans have changed. */
  onBan(onBan: () => void): void {
    this.#onBan = onBan;
  }

  /** `onChange`: called for each ban that is added, changed or lifted. */
  onChange(onChange: ((change: BanChange) => void) | undefined): void {
    this.#onChange = onChange;
  }

  isBanned(source: Address): boolean {
    return this.#parts.bans.hasAddress(source, this.#now);
  }

  ban(prefix: Prefix, length: Millis | undefined, by: ByOperator = {}): BanOutcome {
    const { bans, report } = this.#parts;
    const ban = { prefix, ...(length === undefined ? {} : { until: after(this.#now, length) }) };
    if (bans.add(ban, this.#now) === 'full') return { kind: 'full' };
    const seconds = length === undefined ? {} : { seconds: Math.ceil(length / 1000) };
    report({ kind: 'banned', who: renderPrefix(prefix), ...seconds, ...by });
    if (!this.#isTogether) this.#onBan();
    this.#onChange?.({ ...ban, isLifted: false });
    return { kind: 'banned', ban, ...this.#keep() };
  }

  /** Writes and applies the bans that `work` changes once, at its end. */
  together(work: () => void): void {
    const before = this.#parts.bans.changes;
    this.#isTogether = true;
    try {
      work();
    } finally {
      this.#isTogether = false;
      if (this.#parts.bans.changes !== before) {
        this.#onBan();
        this.#keep();
      }
    }
  }

  /** For a single address, its scan penalty is dropped too. */
  unban(prefix: Prefix, by: ByOperator = {}): UnbanOutcome {
    const { bans, guard, report } = this.#parts;
    const removed = bans.remove(prefix);
    if (removed) {
      report({ kind: 'unbanned', who: renderPrefix(prefix), ...by });
      this.#onChange?.({ prefix, isLifted: true });
    }
    const still = this.of(prefix.base).filter((ban) => ban.prefix.length <= prefix.length);
    const isAddress = renderPrefix(prefix) === prefix.base;
    const forgiven = isAddress && guard.endPenalty(sourceOf(prefix.base));
    return { removed, still, forgiven, ...(removed ? this.#keep() : {}) };
  }

  /** In the order of their creation. */
  list(): readonly Ban[] {
    return this.#parts.bans.list(this.#now);
  }

  /** The bans that include the address. */
  of(source: Address): readonly Ban[] {
    return this.#parts.bans.of(source, this.#now);
  }

  get #now(): Instant {
    return this.#parts.clock.wall();
  }

  #keep(): { readonly unkept?: string } {
    if (this.#isTogether) return {};
    let unkept = 'the state directory could not be opened';
    try {
      this.#file?.write(this.#parts.bans.lines(this.#now));
      if (this.#file !== undefined) return {};
    } catch (error) {
      unkept = `${this.#file?.path}: ${(error as Error).message}`;
    }
    const text = `the bans cannot be saved and hold only until this daemon ends: ${unkept}`;
    this.#parts.report({ kind: 'error', text });
    return { unkept };
  }

  /** Reports what cannot be read. The other bans stay in force. */
  #load(): void {
    const { bans, report } = this.#parts;
    if (this.#file === undefined) return;
    try {
      const { bans: kept, damaged } = this.#file.read();
      for (const ban of kept) bans.add(ban, this.#now);
      if (damaged.length === 0) return;
      const lines = `line ${damaged.slice(0, 5).join(', ')}${damaged.length > 5 ? ' and more' : ''}`;
      report({
        kind: 'error',
        text: `${this.#file.path}: ${lines} skipped, not a valid ban; re-add anyone missing from \`bussa bans\``,
      });
    } catch (error) {
      const text = `the bans of an earlier run cannot be read, and no address is banned: ${this.#file.path}: ${(error as Error).message}`;
      report({ kind: 'error', text });
    }
  }
}

/** The source in the form that the scan guard uses. */
export function sourceOf(address: Address): GuardedSource {
  const [source0, source1, source2, source3] = addressWords(address);
  return { family: familyOf(address), source0, source1, source2, source3 };
}

import { judgeGates } from '../../../core/iptables/judge-gates.ts';
import { doorSet } from '../../../core/iptables/part-names.ts';
import { type OwnPart, sameStructure, setsInUse } from '../../../core/iptables/read-rules.ts';
import { type Address, type Family, familyOf } from '../../../core/net/address.ts';
import type { Millis } from '../../../core/net/time.ts';
import type { Readiness } from '../../ffi/readiness.ts';
import { SerialQueue } from '../../serial/serial-queue.ts';
import { type Firewall, FirewallError, type Gate, type Grant } from '../contract/firewall.ts';
import type { FamilyRules } from './family-rules.ts';
import { warningsOf } from './iptables-warnings.ts';
import type { LeaseStorage, LeaseToAdd } from './lease-storage.ts';
import { recentLists } from './recent-lists.ts';
import { SeenRules } from './rule-fingerprint.ts';
import { listOf, readUnused } from './unused-grants.ts';
import { watchTables } from './watch-tables.ts';

export class IptablesFirewall implements Firewall {
  readonly name: string;
  readonly closesByItself: boolean;
  readonly closedPaths = ['input', 'forward'] as const;
  readonly longest: Millis;
  readonly #tables: ReadonlyMap<Family, FamilyRules>;
  readonly #missing: ReadonlyMap<Family, string>;
  readonly #place: LeaseStorage;
  readonly #lookEvery: Millis;
  #gates = new Map<string, Gate>();
  #installed: ReadonlyMap<Family, OwnPart> | undefined;
  readonly #seen = new SeenRules<ReadonlyMap<Family, OwnPart>>();
  /** Runs changes one at a time, in the order of the calls. */
  readonly #turns = new SerialQueue();

  constructor(
    tables: ReadonlyMap<Family, FamilyRules>,
    missing: ReadonlyMap<Family, string>,
    place: LeaseStorage,
    { name, lookEvery, longest }: { readonly name: string; lookEvery: Millis; longest: Millis },
  ) {
    this.name = name;
    this.longest = longest;
    this.#lookEvery = lookEvery;
    this.closesByItself = place.endsByItself;
    this.#tables = tables;
    this.#missing = missing;
    this.#place = place;
  }

  get warnings(): readonly string[] {
    const gates = [...this.#gates.values()];
    return warningsOf(this.#installed ?? new Map(), gates, this.closesByItself, this.#missing);
  }

  install(gates: readonly Gate[], grants: readonly Grant[]): Promise<readonly Grant[]> {
    return this.#inTurn(async () => {
      const before = await this.#read();
      const live = grants.filter(({ source, left }) => left > 0 && this.#tables.has(familyOf(source)));
      const { own, unknown } = readUnused(gates, live);
      await this.#place.fill(this.#families(), gates, own);
      const leases = own.map(({ door, source }) => ({
        door,
        source,
        until: this.#place.until(door, source),
      }));
      const changed = new Map<Family, OwnPart>();
      try {
        for (const [family, part] of before) {
          await this.#tables.get(family)?.install(gates, leases, this.#place.keeping, part);
          changed.set(family, part);
        }
        this.#unlistOthers(gates, own);
      } catch (error) {
        await this.#putBack(changed, [...before.values()].flatMap(setsInUse));
        throw withRemedy(error, gates);
      }
      this.#gates = new Map(gates.map((gate) => [gate.door, gate]));
      this.#installed = await this.#read();
      await this.#place.keepOnly([...this.#installed.values()].flatMap(setsInUse));
      return unknown;
    });
  }

  grant(grant: Grant): Promise<void> {
    if (grant.left <= 0) return this.revoke(grant.door, grant.source);
    return this.grantAll([grant]);
  }

  grantAll(grants: readonly Grant[]): Promise<void> {
    const last = new Map(grants.map((grant) => [`${grant.source} ${grant.door}`, grant]));
    return this.#inTurn(async () => {
      const live = [...last.values()].filter(({ left }) => left > 0).map((grant) => this.#toAdd(grant));
      const listed: LeaseToAdd[] = [];
      try {
        for (const lease of live) if (this.#listUnused(lease)) listed.push(lease);
        await this.#place.add(live);
      } catch (error) {
        for (const { gate, grant } of listed) recentLists.delete(listOf(gate, grant.source), grant.source);
        throw error;
      }
      for (const { door, source, left } of last.values()) if (left <= 0) await this.#revoke(door, source);
    });
  }

  revoke(door: string, source: Address): Promise<void> {
    return this.#inTurn(() => this.#revoke(door, source));
  }

  async #revoke(door: string, source: Address): Promise<void> {
    const rules = this.#tables.get(familyOf(source));
    if (rules === undefined) return;
    const gate = this.#gates.get(door);
    await this.#place.delete(door, source, gate, rules);
    if (gate?.singleUse === true) recentLists.delete(listOf(gate, source), source);
  }

  #toAdd(grant: Grant): LeaseToAdd {
    const { door, source } = grant;
    const gate = this.#gates.get(door);
    if (gate === undefined) throw new FirewallError(`iptables: ${door} has no rules to open for ${source}`);
    return { gate, grant, rules: this.#rulesFor(source) };
  }

  /** Returns whether it was used, or not listed. */
  #listUnused({ gate, grant }: LeaseToAdd): boolean {
    if (!gate.singleUse) return false;
    return recentLists.add(listOf(gate, grant.source), grant.source, (one) => this.#place.isOver(gate, one));
  }

  isInPlace(live: readonly Grant[]): Promise<boolean> {
    return this.#inTurn(async () => {
      const installed = this.#installed;
      if (installed === undefined) return false;
      const gates = [...this.#gates.values()];
      const now = await this.#seen.read(() => this.#read());
      for (const [family, part] of now) {
        const old = installed.get(family);
        if (old === undefined || !sameStructure(old, part)) return false;
        if (judgeGates(gates, old) !== judgeGates(gates, part)) return false;
      }
      const lasting = live.filter(
        ({ door, source }) =>
          this.#gates.get(door)?.singleUse === false && this.#tables.has(familyOf(source)),
      );
      return this.#place.isInPlace(this.#families(), gates, now, lasting);
    });
  }

  watch(onChange: () => void): Readiness {
    return watchTables(onChange, this.#lookEvery);
  }

  howToOpen(): Promise<string | undefined> {
    return this.#inTurn(async () => {
      const commands: string[] = [];
      for (const rules of this.#tables.values()) commands.push(...(await rules.howToOpen()));
      return commands.length === 0 ? undefined : commands.join('; ');
    });
  }

  remove(): Promise<void> {
    return this.#inTurn(async () => {
      for (const rules of this.#tables.values()) await rules.remove();
      await this.#place.keepOnly([]);
      this.#gates = new Map();
      this.#installed = undefined;
    });
  }

  close(): void {
    this.#place.close();
  }

  #families(): Family[] {
    return [...this.#tables.keys()];
  }

  #rulesFor(source: Address): FamilyRules {
    const family = familyOf(source);
    const rules = this.#tables.get(family);
    if (rules !== undefined) return rules;
    throw new FirewallError(
      `iptables: ${source} cannot be let in, because the IPv${family} rules cannot be reached: ${this.#missing.get(family)}`,
    );
  }

  async #read(): Promise<Map<Family, OwnPart>> {
    const parts = new Map<Family, OwnPart>();
    for (const [family, rules] of this.#tables) parts.set(family, await rules.read());
    return parts;
  }

  /** The error that led here is the one to report. */
  async #putBack(changed: ReadonlyMap<Family, OwnPart>, sets: readonly string[]): Promise<void> {
    try {
      for (const [family, part] of changed) await this.#tables.get(family)?.putBack(part);
      await this.#place.keepOnly(sets);
    } catch {
      // Families that are already installed stay: they let in nobody without a lease.
    }
  }

  /** A leftover entry for a source whose lease is over would apply to its next lease. */
  #unlistOthers(gates: readonly Gate[], grants: readonly Grant[]): void {
    for (const gate of gates.filter(({ singleUse }) => singleUse)) {
      const sources = new Set(grants.filter(({ door }) => door === gate.door).map(({ source }) => source));
      for (const family of this.#families()) {
        const list = doorSet(gate.door, family, gate.prefix6);
        for (const old of recentLists.read(list) ?? []) if (!sources.has(old)) recentLists.delete(list, old);
      }
    }
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    return this.#turns.take(task);
  }
}

function withRemedy(error: unknown, gates: readonly Gate[]): unknown {
  const single = gates.find((gate) => gate.singleUse);
  const isRecent = error instanceof FirewallError && /recent/.test(error.message);
  if (single === undefined || !isRecent) return error;
  return new FirewallError(
    `${error.message}: single_use = yes of ${single.door} needs the kernel's module xt_recent here: ` +
      'load it, or set firewall = nftables',
    { cause: error },
  );
}

import type { IptablesVariant } from '../../core/firewall/choose-firewall.ts';
import { doorSet } from '../../core/iptables/part-names.ts';
import { type OwnPart, sameStructure, setsInUse } from '../../core/iptables/read-rules.ts';
import { type Address, type Family, familyOf } from '../../core/net/address.ts';
import { type Millis, seconds } from '../../core/net/time.ts';
import type { Readiness } from '../ffi/readiness.ts';
import { FamilyRules } from './family-rules.ts';
import { type Firewall, FirewallError, type Gate, type Grant } from './firewall.ts';
import type { LeasePlace } from './lease-place.ts';
import { LeaseRules } from './lease-rules.ts';
import { LeaseSets } from './lease-sets.ts';
import { unusedLeases } from './unused-leases.ts';
import { watchTables } from './watch-tables.ts';

export type IptablesOptions = {
  readonly variant?: IptablesVariant;
  /** `false`: leases as rules even where there is ipset. */
  readonly ipset?: boolean;
  /** How often to look for changes that the kernel does not tell of. */
  readonly lookEvery?: Millis;
};

const LOOK_EVERY = seconds(30);

/**
 * The firewall of hosts with iptables and ip6tables, each family for itself: where one is missing, its grants fail and
 * the other's work. Throws a `FirewallError` where both are.
 */
export async function openIptablesFirewall(options: IptablesOptions = {}): Promise<IptablesFirewall> {
  const variant = options.variant ?? 'iptables';
  const tables = new Map<Family, FamilyRules>();
  const missing = new Map<Family, string>();
  for (const family of [4, 6] as const) {
    const rules = new FamilyRules(family, variant);
    try {
      await rules.read();
      tables.set(family, rules);
    } catch (error) {
      missing.set(family, (error as Error).message);
    }
  }
  if (tables.size === 0) {
    throw new FirewallError(
      `no iptables here: ${[...missing.values()].join('; ')}: install it, or set firewall = nftables`,
    );
  }
  const { place, whyRules } = await openPlace([...tables.keys()], options.ipset ?? true);
  return new IptablesFirewall(
    tables,
    missing,
    place,
    renderName(variant, missing, whyRules),
    options.lookEvery ?? LOOK_EVERY,
  );
}

async function openPlace(
  families: readonly Family[],
  ipset: boolean,
): Promise<{ readonly place: LeasePlace; readonly whyRules?: string }> {
  if (!ipset) return { place: new LeaseRules(), whyRules: 'as configured' };
  try {
    return { place: await LeaseSets.open(families) };
  } catch (error) {
    return { place: new LeaseRules(), whyRules: (error as Error).message };
  }
}

function renderName(
  variant: IptablesVariant,
  missing: ReadonlyMap<Family, string>,
  whyRules: string | undefined,
): string {
  const leases =
    whyRules === undefined
      ? 'leases in ipset'
      : `leases as rules, which only Bussa ends (no ipset: ${whyRules})`;
  const lacking = [...missing].map(([family, why]) => `; not for IPv${family} (${why})`);
  return `${variant}, chain BUSSA before the rules of INPUT, ${leases}${lacking.join('')}`;
}

export class IptablesFirewall implements Firewall {
  readonly name: string;
  readonly closesByItself: boolean;
  readonly #tables: ReadonlyMap<Family, FamilyRules>;
  readonly #missing: ReadonlyMap<Family, string>;
  readonly #place: LeasePlace;
  readonly #lookEvery: Millis;
  #gates = new Map<string, Gate>();
  #installed: ReadonlyMap<Family, OwnPart> | undefined;
  /** One change at a time, in the order of the calls. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(
    tables: ReadonlyMap<Family, FamilyRules>,
    missing: ReadonlyMap<Family, string>,
    place: LeasePlace,
    name: string,
    lookEvery: Millis,
  ) {
    this.name = name;
    this.#lookEvery = lookEvery;
    this.closesByItself = place.keeping === 'sets';
    this.#tables = tables;
    this.#missing = missing;
    this.#place = place;
  }

  install(gates: readonly Gate[], grants: readonly Grant[]): Promise<void> {
    return this.#inTurn(async () => {
      const before = await this.#read();
      const own = grants.filter(({ source, left }) => left > 0 && this.#tables.has(familyOf(source)));
      const fresh = this.#freshSingleUses(gates, own, before);
      await this.#place.fill(this.#families(), gates, own);
      const changed = new Map<Family, OwnPart>();
      try {
        for (const [family, part] of before) {
          await this.#tables.get(family)?.install(gates, own, this.#place.keeping, part);
          changed.set(family, part);
        }
        this.#listUnused(gates, own, fresh);
      } catch (error) {
        await this.#putBack(changed, [...before.values()].flatMap(setsInUse));
        throw withRemedy(error, gates);
      }
      this.#gates = new Map(gates.map((gate) => [gate.door, gate]));
      this.#installed = await this.#read();
      await this.#place.keepOnly([...this.#installed.values()].flatMap(setsInUse));
    });
  }

  grant(grant: Grant): Promise<void> {
    if (grant.left <= 0) return this.revoke(grant.door, grant.source);
    return this.#inTurn(async () => {
      const { door, source } = grant;
      const gate = this.#gates.get(door);
      if (gate === undefined) throw new FirewallError(`iptables: ${door} has no rules to open for ${source}`);
      const rules = this.#rulesFor(source);
      if (gate.singleUse) {
        unusedLeases.add(doorSet(door, rules.family), source, (one) => this.#place.isOver(door, one));
      }
      await this.#place.add(gate, grant, rules);
    });
  }

  revoke(door: string, source: Address): Promise<void> {
    return this.#inTurn(async () => {
      const rules = this.#tables.get(familyOf(source));
      if (rules === undefined) return;
      const gate = this.#gates.get(door);
      await this.#place.delete(door, source, gate, rules);
      if (gate?.singleUse === true) unusedLeases.delete(doorSet(door, rules.family), source);
    });
  }

  isInPlace(): Promise<boolean> {
    return this.#inTurn(async () => {
      const installed = this.#installed;
      if (installed === undefined) return false;
      const now = await this.#read();
      for (const [family, part] of now) {
        const old = installed.get(family);
        if (old === undefined || !sameStructure(old, part)) return false;
      }
      return this.#place.isInPlace(this.#families(), [...this.#gates.values()], now);
    });
  }

  watch(onChange: () => void): Readiness {
    return watchTables(onChange, this.#lookEvery);
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
      `iptables: ${source} cannot be let in, since the rules of IPv${family} are out of reach: ${this.#missing.get(family)}`,
    );
  }

  async #read(): Promise<Map<Family, OwnPart>> {
    const parts = new Map<Family, OwnPart>();
    for (const [family, rules] of this.#tables) parts.set(family, await rules.read());
    return parts;
  }

  /** The error that led here is the one to tell. */
  async #putBack(changed: ReadonlyMap<Family, OwnPart>, sets: readonly string[]): Promise<void> {
    try {
      for (const [family, part] of changed) await this.#tables.get(family)?.putBack(part);
      await this.#place.keepOnly(sets);
    } catch {
      // The rules that have come so far stay: they let in nobody without a lease.
    }
  }

  /** Grants of single-use doors that do not stand yet. One that does is unused or used up, and stays either. */
  #freshSingleUses(
    gates: readonly Gate[],
    grants: readonly Grant[],
    before: ReadonlyMap<Family, OwnPart>,
  ): Set<Grant> {
    const single = new Set(gates.filter((gate) => gate.singleUse).map((gate) => gate.door));
    return new Set(
      grants.filter(({ door, source }) => {
        const part = before.get(familyOf(source));
        if (!single.has(door) || part === undefined) return false;
        const listed = unusedLeases.read(doorSet(door, familyOf(source)));
        return listed === undefined || !this.#place.has(door, source, part);
      }),
    );
  }

  #listUnused(gates: readonly Gate[], grants: readonly Grant[], fresh: ReadonlySet<Grant>): void {
    for (const { door, singleUse } of gates) {
      if (!singleUse) continue;
      const own = grants.filter((grant) => grant.door === door);
      const sources = new Set(own.map(({ source }) => source));
      for (const family of this.#families()) {
        const list = doorSet(door, family);
        for (const old of unusedLeases.read(list) ?? [])
          if (!sources.has(old)) unusedLeases.delete(list, old);
      }
      for (const grant of own) {
        if (!fresh.has(grant)) continue;
        unusedLeases.add(doorSet(door, familyOf(grant.source)), grant.source, (one) => !sources.has(one));
      }
    }
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(task);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}

function withRemedy(error: unknown, gates: readonly Gate[]): unknown {
  const single = gates.find((gate) => gate.singleUse);
  const isRecent = error instanceof FirewallError && /recent/.test(error.message);
  if (single === undefined || !isRecent) return error;
  return new FirewallError(
    `${error.message}: single_use = yes of ${single.door} takes the kernel's module xt_recent here: ` +
      'load it, or set firewall = nftables',
    { cause: error },
  );
}

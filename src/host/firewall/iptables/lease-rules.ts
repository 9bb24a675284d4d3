import { dateStop, dateStopError } from '../../../core/iptables/date-stop.ts';
import type { GatePorts } from '../../../core/iptables/gate-rules.ts';
import { doorChain } from '../../../core/iptables/part-names.ts';
import { type OwnPart, readLeases } from '../../../core/iptables/read-rules.ts';
import { type LeaseRule, renderLeaseChanges } from '../../../core/iptables/restore-text.ts';
import { type Address, type Family, familyOf } from '../../../core/net/address.ts';
import type { Grant } from '../contract/firewall.ts';
import type { FamilyRules } from './family-rules.ts';
import type { LeaseStorage, LeaseToAdd } from './lease-storage.ts';

/** A slewed wall clock is tolerated. A clock that was set makes the rules' dates wrong. */
const CLOCK_ERROR_MS = 5000;

type Change = {
  readonly rules: FamilyRules;
  readonly into: readonly LeaseRule[];
  readonly out: readonly LeaseRule[];
};

/**
 * Leases as rules in their door's chain, for kernels without ipset. With the `time` match a rule ends by the wall
 * clock; otherwise it stays until it is removed.
 */
export class LeaseRules implements LeaseStorage {
  readonly keeping = 'rules';
  readonly endsByItself: boolean;
  readonly #wall: () => number;
  /** The end date of each lease, if it has one. BOUNDED: by the daemon's leases, which each door limits. */
  #leases = new Map<string, Map<Address, string | undefined>>();

  constructor(endsByItself: boolean, wall: () => number = Date.now) {
    this.endsByItself = endsByItself;
    this.#wall = wall;
  }

  async fill(
    _families: readonly Family[],
    gates: readonly GatePorts[],
    grants: readonly Grant[],
  ): Promise<void> {
    this.#leases = new Map(
      gates.map(({ door }) => [
        door,
        new Map(
          grants.filter((grant) => grant.door === door).map((grant) => [grant.source, this.#end(grant)]),
        ),
      ]),
    );
  }

  until(door: string, source: Address): string | undefined {
    return this.#leases.get(door)?.get(source);
  }

  isOver({ door }: GatePorts, source: Address): boolean {
    return this.#leases.get(door)?.has(source) !== true;
  }

  async add(leases: readonly LeaseToAdd[]): Promise<void> {
    const changes = [...Map.groupBy(leases, (lease) => lease.rules)].map(([rules, own]) =>
      this.#changeFor(rules, own),
    );
    const made: Change[] = [];
    try {
      for (const change of changes) {
        await apply(change);
        made.push(change);
      }
    } catch (error) {
      for (const { rules, into, out } of made) await apply({ rules, into: out, out: into });
      throw error;
    }
    for (const { into } of made)
      for (const { gate, source, until } of into) this.#leases.get(gate.door)?.set(source, until);
  }

  /** The rule with the new end is added before the old one is deleted. */
  #changeFor(rules: FamilyRules, leases: readonly LeaseToAdd[]): Change {
    const into: LeaseRule[] = [];
    const out: LeaseRule[] = [];
    for (const { gate, grant } of leases) {
      const until = this.#end(grant);
      const isThere = !this.isOver(gate, grant.source);
      const old = this.until(gate.door, grant.source);
      if (isThere && old === until) continue;
      into.push(leaseRule(gate, grant.source, until));
      if (isThere) out.push(leaseRule(gate, grant.source, old));
    }
    return { rules, into, out };
  }

  #end({ left }: Grant): string | undefined {
    return this.endsByItself ? dateStop(this.#wall(), left) : undefined;
  }

  async delete(
    door: string,
    source: Address,
    gate: GatePorts | undefined,
    rules: FamilyRules,
  ): Promise<void> {
    const leases = this.#leases.get(door);
    if (gate === undefined || leases?.has(source) !== true) return;
    try {
      await apply({ rules, into: [], out: [leaseRule(gate, source, leases.get(source))] });
    } catch (error) {
      // Another program may have removed it already.
      if (readLeases(await rules.read(), doorChain(door)).has(source)) throw error;
    }
    leases.delete(source);
  }

  async isInPlace(
    families: readonly Family[],
    gates: readonly GatePorts[],
    parts: ReadonlyMap<Family, OwnPart>,
    live: readonly Grant[],
  ): Promise<boolean> {
    if (live.some((grant) => this.#endsWrongly(grant))) return false;
    return gates.every(({ door }) => {
      const wanted = [...(this.#leases.get(door)?.keys() ?? [])];
      return families.every((family) => {
        const part = parts.get(family);
        const own = wanted.filter((source) => familyOf(source) === family);
        const found = part === undefined ? new Set() : readLeases(part, doorChain(door));
        return found.size === own.length && own.every((source) => found.has(source));
      });
    });
  }

  /** The wall clock has been set since. */
  #endsWrongly({ door, source, left }: Grant): boolean {
    const until = this.until(door, source);
    return until !== undefined && dateStopError(until, this.#wall(), left) > CLOCK_ERROR_MS;
  }

  async keepOnly(_sets: readonly string[]): Promise<void> {}

  close(): void {}
}

function leaseRule(gate: GatePorts, source: Address, until: string | undefined): LeaseRule {
  return { gate, source, ...(until === undefined ? {} : { until }) };
}

async function apply({ rules, into, out }: Change): Promise<void> {
  if (into.length + out.length > 0) await rules.restore(renderLeaseChanges(into, out));
}

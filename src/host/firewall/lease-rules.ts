import type { GatePorts } from '../../core/iptables/gate-rules.ts';
import { doorChain } from '../../core/iptables/part-names.ts';
import { type OwnPart, readLeases } from '../../core/iptables/read-rules.ts';
import { type LeaseRule, renderLeaseEnds, renderLeases } from '../../core/iptables/restore-text.ts';
import { type Address, type Family, familyOf } from '../../core/net/address.ts';
import type { FamilyRules } from './family-rules.ts';
import type { Grant } from './firewall.ts';
import type { LeasePlace, LeaseToAdd } from './lease-place.ts';

/** Leases as rules, each in its door's chain, for hosts without ipset: they stay until they are taken away. */
export class LeaseRules implements LeasePlace {
  readonly keeping = 'rules';
  /** BOUNDED: by the leases that the daemon gives, which are bounded for each door. */
  #leases = new Map<string, Set<Address>>();

  async fill(
    _families: readonly Family[],
    gates: readonly GatePorts[],
    grants: readonly Grant[],
  ): Promise<void> {
    this.#leases = new Map(
      gates.map(({ door }) => [
        door,
        new Set(grants.filter((grant) => grant.door === door).map(({ source }) => source)),
      ]),
    );
  }

  isOver(door: string, source: Address): boolean {
    return this.#leases.get(door)?.has(source) !== true;
  }

  async add(leases: readonly LeaseToAdd[]): Promise<void> {
    const added: LeaseToAdd[] = [];
    const fresh = leases.filter(({ gate, grant }) => this.isOver(gate.door, grant.source));
    try {
      for (const [rules, own] of Map.groupBy(fresh, (lease) => lease.rules)) {
        await rules.restore(renderLeases(own.map(toRule)));
        added.push(...own);
      }
    } catch (error) {
      for (const [rules, own] of Map.groupBy(added, (lease) => lease.rules))
        await rules.restore(renderLeaseEnds(own.map(toRule)));
      throw error;
    }
    for (const { gate, grant } of added) this.#leases.get(gate.door)?.add(grant.source);
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
      await rules.restore(renderLeaseEnds([{ gate, source }]));
    } catch (error) {
      // Somebody else may have taken it away before.
      if (readLeases(await rules.read(), doorChain(door)).has(source)) throw error;
    }
    leases.delete(source);
  }

  async isInPlace(
    families: readonly Family[],
    gates: readonly GatePorts[],
    parts: ReadonlyMap<Family, OwnPart>,
  ): Promise<boolean> {
    return gates.every(({ door }) => {
      const wanted = [...(this.#leases.get(door) ?? [])];
      return families.every((family) => {
        const part = parts.get(family);
        const own = wanted.filter((source) => familyOf(source) === family);
        const found = part === undefined ? new Set() : readLeases(part, doorChain(door));
        return found.size === own.length && own.every((source) => found.has(source));
      });
    });
  }

  async keepOnly(_sets: readonly string[]): Promise<void> {}

  close(): void {}
}

function toRule({ gate, grant }: LeaseToAdd): LeaseRule {
  return { gate, source: grant.source };
}

import type { GatePorts } from '../../../core/iptables/gate-rules.ts';
import { timeoutSeconds } from '../../../core/iptables/ipset-limits.ts';
import { doorSet, isOwnSet, nextSet } from '../../../core/iptables/part-names.ts';
import type { OwnPart } from '../../../core/iptables/read-rules.ts';
import { type Address, type Family, familyOf } from '../../../core/net/address.ts';
import type { Millis } from '../../../core/net/time.ts';
import type { Grant } from '../contract/firewall.ts';
import { areLeasesLost } from '../contract/lost-leases.ts';
import type { FamilyRules } from './family-rules.ts';
import { IpsetSocket } from './ipset-socket.ts';
import type { LeaseStorage, LeaseToAdd } from './lease-storage.ts';

/** Leases as elements of ipset sets: the kernel ends them even without Bussa. */
export class LeaseSets implements LeaseStorage {
  readonly keeping = 'sets';
  readonly endsByItself = true;
  readonly #socket: IpsetSocket;
  readonly #longest: Millis;

  private constructor(socket: IpsetSocket, longest: Millis) {
    this.#socket = socket;
    this.#longest = longest;
  }

  /** Throws if the kernel has no such sets. */
  static open(families: readonly Family[], longest: Millis): LeaseSets {
    const socket = new IpsetSocket();
    try {
      for (const family of families) {
        const probe = doorSet('probe', family);
        // A set left by a killed daemon is reused. A set of another type belongs to somebody else.
        socket.create(probe, family);
        socket.destroy(probe);
      }
    } catch (error) {
      socket.close();
      throw error;
    }
    return new LeaseSets(socket, longest);
  }

  /** Each set is filled beside the old one and then swapped in. */
  async fill(
    families: readonly Family[],
    gates: readonly GatePorts[],
    grants: readonly Grant[],
  ): Promise<void> {
    for (const family of families) {
      for (const gate of gates) {
        const own = grants.filter(({ door, source }) => door === gate.door && familyOf(source) === family);
        this.#fillSet(gate, family, own);
      }
    }
  }

  #fillSet(gate: GatePorts, family: Family, grants: readonly Grant[]): void {
    const set = doorSet(gate.door, family, gate.prefix6);
    const next = nextSet(family);
    const netmask = family === 6 ? gate.prefix6 : undefined;
    // A crash may have left elements in it, or another netmask.
    this.#socket.destroy(next);
    this.#socket.create(set, family, netmask);
    this.#socket.create(next, family, netmask);
    this.#socket.flush(next);
    for (const { source, left } of grants)
      this.#socket.add({ set: next, source }, timeoutSeconds(left, this.#longest));
    this.#socket.swap(next, set);
    this.#socket.destroy(next);
  }

  until(): undefined {
    return undefined;
  }

  isOver(gate: GatePorts, source: Address): boolean {
    return !this.#socket.has(elementOf(gate, source));
  }

  /** A lease that existed before keeps its new end, even if another one is refused. */
  async add(leases: readonly LeaseToAdd[]): Promise<void> {
    const fresh: LeaseToAdd[] = [];
    try {
      for (const lease of leases) {
        const { gate, grant } = lease;
        const element = elementOf(gate, grant.source);
        // With a single lease there is nothing to undo.
        if (leases.length > 1 && !this.#socket.has(element)) fresh.push(lease);
        this.#socket.add(element, timeoutSeconds(grant.left, this.#longest));
      }
    } catch (error) {
      for (const { gate, grant } of fresh) this.#socket.delete(elementOf(gate, grant.source));
      throw error;
    }
  }

  async delete(
    door: string,
    source: Address,
    gate: GatePorts | undefined,
    _rules: FamilyRules,
  ): Promise<void> {
    this.#socket.delete(elementOf(gate ?? { door }, source));
  }

  /** Whether every set exists and was not flushed. Elements end by themselves. */
  async isInPlace(
    families: readonly Family[],
    gates: readonly GatePorts[],
    _parts: ReadonlyMap<Family, OwnPart>,
    live: readonly Grant[],
  ): Promise<boolean> {
    const present = new Set(this.#socket.names());
    const byDoor = new Map(gates.map((gate) => [gate.door, gate]));
    return (
      gates.every((gate) =>
        families.every((family) => present.has(doorSet(gate.door, family, gate.prefix6))),
      ) &&
      !areLeasesLost(live, ({ door, source }) =>
        this.#socket.has(elementOf(byDoor.get(door) ?? { door }, source)),
      )
    );
  }

  async keepOnly(names: readonly string[]): Promise<void> {
    removeSets(this.#socket, new Set(names));
  }

  close(): void {
    this.#socket.close();
  }
}

/** Removes all of Bussa's sets except these and those that a rule still uses. Returns whether there were any. */
export function removeSets(socket: IpsetSocket, kept: ReadonlySet<string>): boolean {
  const doomed = socket.names().filter((name) => isOwnSet(name) && !kept.has(name));
  return doomed.map((name) => socket.destroy(name)).includes(true);
}

function elementOf(
  gate: Pick<GatePorts, 'door' | 'prefix6'>,
  source: Address,
): { set: string; source: Address } {
  return { set: doorSet(gate.door, familyOf(source), gate.prefix6), source };
}

import type { GatePorts } from '../../core/iptables/gate-rules.ts';
import { timeoutSeconds } from '../../core/iptables/ipset-limits.ts';
import { doorSet, isOwnSet, nextSet } from '../../core/iptables/part-names.ts';
import type { OwnPart } from '../../core/iptables/read-rules.ts';
import { type Address, type Family, familyOf } from '../../core/net/address.ts';
import type { Millis } from '../../core/net/time.ts';
import type { FamilyRules } from './family-rules.ts';
import type { Grant } from './firewall.ts';
import { IpsetSocket } from './ipset-socket.ts';
import type { LeasePlace, LeaseToAdd } from './lease-place.ts';
import { areLeasesLost } from './lost-leases.ts';

/** Leases as elements of ipset's sets: the kernel ends them, whether or not Bussa lives. */
export class LeaseSets implements LeasePlace {
  readonly keeping = 'sets';
  readonly endsByItself = true;
  readonly #socket: IpsetSocket;
  readonly #longest: Millis;

  private constructor(socket: IpsetSocket, longest: Millis) {
    this.#socket = socket;
    this.#longest = longest;
  }

  /** Throws where the kernel has no such sets. */
  static open(families: readonly Family[], longest: Millis): LeaseSets {
    const socket = new IpsetSocket();
    try {
      for (const family of families) {
        const probe = doorSet('probe', family);
        socket.create(probe, family);
        socket.destroy(probe);
      }
    } catch (error) {
      socket.close();
      throw error;
    }
    return new LeaseSets(socket, longest);
  }

  /** Each set is filled beside the old one and then takes its place at once. */
  async fill(
    families: readonly Family[],
    gates: readonly GatePorts[],
    grants: readonly Grant[],
  ): Promise<void> {
    for (const family of families) {
      for (const { door } of gates) {
        const own = grants.filter((grant) => grant.door === door && familyOf(grant.source) === family);
        this.#fillSet(doorSet(door, family), family, own);
      }
    }
  }

  #fillSet(set: string, family: Family, grants: readonly Grant[]): void {
    const next = nextSet(family);
    this.#socket.create(set, family);
    this.#socket.create(next, family);
    // A crash may have left it with something in it.
    this.#socket.flush(next);
    for (const { source, left } of grants)
      this.#socket.add({ set: next, source }, timeoutSeconds(left, this.#longest));
    this.#socket.swap(next, set);
    this.#socket.destroy(next);
  }

  until(): undefined {
    return undefined;
  }

  isOver(door: string, source: Address): boolean {
    return !this.#socket.has(elementOf(door, source));
  }

  /** One that was there before keeps its new end, also where another is refused. */
  async add(leases: readonly LeaseToAdd[]): Promise<void> {
    const fresh: Grant[] = [];
    try {
      for (const { grant } of leases) {
        const element = elementOf(grant.door, grant.source);
        // With the lease alone in its hands, there is nothing to take back.
        if (leases.length > 1 && !this.#socket.has(element)) fresh.push(grant);
        this.#socket.add(element, timeoutSeconds(grant.left, this.#longest));
      }
    } catch (error) {
      for (const { door, source } of fresh) this.#socket.delete(elementOf(door, source));
      throw error;
    }
  }

  async delete(
    door: string,
    source: Address,
    _gate: GatePorts | undefined,
    _rules: FamilyRules,
  ): Promise<void> {
    this.#socket.delete(elementOf(door, source));
  }

  /** Whether every set is there, and not emptied; what is in it ends by itself. */
  async isInPlace(
    families: readonly Family[],
    gates: readonly GatePorts[],
    _parts: ReadonlyMap<Family, OwnPart>,
    live: readonly Grant[],
  ): Promise<boolean> {
    const present = new Set(this.#socket.names());
    return (
      gates.every(({ door }) => families.every((family) => present.has(doorSet(door, family)))) &&
      !areLeasesLost(live, ({ door, source }) => this.#socket.has(elementOf(door, source)))
    );
  }

  async keepOnly(names: readonly string[]): Promise<void> {
    removeSets(this.#socket, new Set(names));
  }

  close(): void {
    this.#socket.close();
  }
}

/** Takes away all sets of Bussa's but these, and those that some rule still asks. Returns whether there were any. */
export function removeSets(socket: IpsetSocket, kept: ReadonlySet<string>): boolean {
  const doomed = socket.names().filter((name) => isOwnSet(name) && !kept.has(name));
  return doomed.map((name) => socket.destroy(name)).includes(true);
}

function elementOf(door: string, source: Address): { set: string; source: Address } {
  return { set: doorSet(door, familyOf(source)), source };
}

import type { GatePorts } from '../../core/iptables/gate-rules.ts';
import { renderSetRemoval, renderSets, timeoutSeconds } from '../../core/iptables/ipset-text.ts';
import { doorSet } from '../../core/iptables/part-names.ts';
import type { OwnPart } from '../../core/iptables/read-rules.ts';
import { type Address, type Family, familyOf } from '../../core/net/address.ts';
import type { Millis } from '../../core/net/time.ts';
import type { FamilyRules } from './family-rules.ts';
import type { Grant } from './firewall.ts';
import { IpsetSocket } from './ipset-socket.ts';
import type { LeasePlace, LeaseToAdd } from './lease-place.ts';
import { areLeasesLost } from './lost-leases.ts';
import { runTool } from './run-tool.ts';

/** Leases as elements of ipset's sets: the kernel ends them, whether or not Bussa lives. */
export class LeaseSets implements LeasePlace {
  readonly keeping = 'sets';
  readonly #socket = new IpsetSocket();
  readonly #longest: Millis;

  private constructor(longest: Millis) {
    this.#longest = longest;
  }

  /** Throws where the kernel or the command `ipset` is missing. */
  static async open(families: readonly Family[], longest: Millis): Promise<LeaseSets> {
    await runTool('ipset', ['-exist', 'restore'], renderSets(families, ['probe'], []));
    await runTool(
      'ipset',
      ['restore'],
      families.map((family) => `destroy ${doorSet('probe', family)}\n`).join(''),
    );
    return new LeaseSets(longest);
  }

  async fill(
    families: readonly Family[],
    gates: readonly GatePorts[],
    grants: readonly Grant[],
  ): Promise<void> {
    const doors = gates.map((gate) => gate.door);
    await runTool('ipset', ['-exist', 'restore'], renderSets(families, doors, grants, this.#longest));
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
    const present = new Set((await runTool('ipset', ['list', '-n'])).split('\n'));
    return (
      gates.every(({ door }) => families.every((family) => present.has(doorSet(door, family)))) &&
      !areLeasesLost(live, ({ door, source }) => this.#socket.has(elementOf(door, source)))
    );
  }

  /** Takes away all sets of Bussa's but these. */
  keepOnly(names: readonly string[]): Promise<void> {
    return removeSets(new Set(names));
  }

  close(): void {
    this.#socket.close();
  }
}

/** Takes away all sets of Bussa's but these, and those that some rule still asks. */
export async function removeSets(kept: ReadonlySet<string>): Promise<void> {
  const doomed = renderSetRemoval(await runTool('ipset', ['list', '-t']), kept);
  if (doomed !== '') await runTool('ipset', ['restore'], doomed);
}

function elementOf(door: string, source: Address): { set: string; source: Address } {
  return { set: doorSet(door, familyOf(source)), source };
}

import type { GatePorts } from '../../core/iptables/gate-rules.ts';
import { renderSetRemoval, renderSets, timeoutSeconds } from '../../core/iptables/ipset-text.ts';
import { doorSet } from '../../core/iptables/part-names.ts';
import type { OwnPart } from '../../core/iptables/read-rules.ts';
import { type Address, type Family, familyOf } from '../../core/net/address.ts';
import type { FamilyRules } from './family-rules.ts';
import type { Grant } from './firewall.ts';
import { IpsetSocket } from './ipset-socket.ts';
import type { LeasePlace } from './lease-place.ts';
import { runTool } from './run-tool.ts';

/** Leases as elements of ipset's sets: the kernel ends them, whether or not Bussa lives. */
export class LeaseSets implements LeasePlace {
  readonly keeping = 'sets';
  readonly #socket = new IpsetSocket();

  /** Throws where the kernel or the command `ipset` is missing. */
  static async open(families: readonly Family[]): Promise<LeaseSets> {
    await runTool('ipset', ['-exist', 'restore'], renderSets(families, ['probe'], []));
    await runTool(
      'ipset',
      ['restore'],
      families.map((family) => `destroy ${doorSet('probe', family)}\n`).join(''),
    );
    return new LeaseSets();
  }

  async fill(
    families: readonly Family[],
    gates: readonly GatePorts[],
    grants: readonly Grant[],
  ): Promise<void> {
    const doors = gates.map((gate) => gate.door);
    await runTool('ipset', ['-exist', 'restore'], renderSets(families, doors, grants));
  }

  has(door: string, source: Address, _part: OwnPart): boolean {
    return this.#socket.has(elementOf(door, source));
  }

  isOver(door: string, source: Address): boolean {
    return !this.#socket.has(elementOf(door, source));
  }

  async add(gate: GatePorts, { source, left }: Grant, _rules: FamilyRules): Promise<void> {
    this.#socket.add(elementOf(gate.door, source), timeoutSeconds(left));
  }

  async delete(
    door: string,
    source: Address,
    _gate: GatePorts | undefined,
    _rules: FamilyRules,
  ): Promise<void> {
    this.#socket.delete(elementOf(door, source));
  }

  /** Whether every set is there; what is in it ends by itself. */
  async isInPlace(families: readonly Family[], gates: readonly GatePorts[]): Promise<boolean> {
    const present = new Set((await runTool('ipset', ['list', '-n'])).split('\n'));
    return gates.every(({ door }) => families.every((family) => present.has(doorSet(door, family))));
  }

  /** Takes away all sets of Bussa's but these. */
  async keepOnly(names: readonly string[]): Promise<void> {
    const doomed = renderSetRemoval(await runTool('ipset', ['list', '-n']), new Set(names));
    if (doomed !== '') await runTool('ipset', ['restore'], doomed);
  }

  close(): void {
    this.#socket.close();
  }
}

function elementOf(door: string, source: Address): { set: string; source: Address } {
  return { set: doorSet(door, familyOf(source)), source };
}

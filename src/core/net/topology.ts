import type { HostInterface } from './host-interface.ts';

/** Kinds of interface that pass their members' packets to the host as their own. */
const JOINING: ReadonlySet<string> = new Set(['bridge', 'bond', 'team', 'hsr', 'openvswitch']);

/** VLAN numbers have 12 bits (IEEE 802.1Q clause 9.6). */
const VLAN_NUMBERS = 4096;

/** How a host's interfaces are stacked: where a packet seen on one of them enters the host. */
export class Topology {
  readonly #byIndex: ReadonlyMap<number, HostInterface>;
  /** A VLAN's index by its carrier's index and its number. BOUNDED: by the interfaces. */
  readonly #vlans: ReadonlyMap<number, number>;
  /** Interfaces on which packets from this host to itself arrive. */
  readonly #inward: ReadonlySet<number>;

  constructor(interfaces: readonly HostInterface[]) {
    this.#byIndex = new Map(interfaces.map((one) => [one.index, one]));
    this.#vlans = new Map(
      interfaces.flatMap(({ index, up, vlan }) =>
        vlan === undefined || !up ? [] : [[vlan.of * VLAN_NUMBERS + vlan.id, index] as const],
      ),
    );
    const isInward = ({ loopback, type }: HostInterface): boolean => loopback === true || type === 'vrf';
    this.#inward = new Set(interfaces.filter(isInward).map(({ index }) => index));
  }

  /** A VRF device receives packets sent within the VRF. */
  isInward(index: number): boolean {
    return this.#inward.has(index);
  }

  /** A VLAN interface that is up; `undefined`: the packet goes no further. */
  vlan(carrier: number, id: number): number | undefined {
    return this.#vlans.get(carrier * VLAN_NUMBERS + id);
  }

  /** The interface on which the host's IP layer receives packets seen on this one: a bridge for its port. */
  entry(index: number): number {
    let entry = index;
    for (let depth = 0; depth < MAX_DEPTH; depth++) {
      const master = this.#byIndex.get(entry)?.master;
      const type = master === undefined ? undefined : this.#byIndex.get(master)?.type;
      if (master === undefined || type === undefined || !JOINING.has(type)) break;
      entry = master;
    }
    return entry;
  }
}

/** The kernel's own limit of stacked interfaces (MAX_NEST_DEV). */
const MAX_DEPTH = 8;

/**
 * The indexes of the named interfaces. Packets of a VRF are seen only on its members; those of bridges, bonds and teams
 * are seen on them and on their members.
 */
export function indexesNamed(
  interfaces: readonly HostInterface[],
  names: readonly string[],
): ReadonlySet<number> {
  const named = interfaces.filter(({ name }) => names.includes(name));
  const vrfs = new Set(named.filter(({ type }) => type === 'vrf').map(({ index }) => index));
  const members = interfaces.filter(({ master }) => master !== undefined && vrfs.has(master));
  return new Set([...named, ...members].map(({ index }) => index));
}

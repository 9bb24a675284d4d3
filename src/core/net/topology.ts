import type { HostInterface } from './host-interface.ts';

/** Kinds of interface that hand what their members receive to the host as their own. */
const JOINING: ReadonlySet<string> = new Set(['bridge', 'bond', 'team', 'hsr', 'openvswitch']);

/** VLAN numbers have 12 bits (IEEE 802.1Q clause 9.6). */
const VLAN_NUMBERS = 4096;

/** Which of a host's interfaces stand on which others: where a packet that is seen on one of them enters the host. */
export class Topology {
  readonly #byIndex: ReadonlyMap<number, HostInterface>;
  /** The index of the VLAN by that of its carrier and its number. BOUNDED: by the interfaces. */
  readonly #vlans: ReadonlyMap<number, number>;
  /** What the host sends to itself comes in by these. */
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

  /** A VRF takes for its own device what is sent within it. */
  isInward(index: number): boolean {
    return this.#inward.has(index);
  }

  /** The interface of a VLAN that is up; `undefined` where a packet of it goes no further. */
  vlan(carrier: number, id: number): number | undefined {
    return this.#vlans.get(carrier * VLAN_NUMBERS + id);
  }

  /** The interface by which the host's IP receives what is seen on this one: a bridge in the place of its port. */
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

/** The kernel's own bound of interfaces on interfaces (MAX_NEST_DEV). */
const MAX_DEPTH = 8;

/**
 * The indexes of the named interfaces. The packets of a VRF are seen on its members, and on no other interface; those
 * of bridges, bonds and teams are seen on them as well as on their members.
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

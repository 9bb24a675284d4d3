import type { HostInterface } from './host-interface.ts';

/** An interface on which strangers' packets arrive, and the interfaces to which its packets are forwarded unguarded. */
export type Ingress = { readonly from: string; readonly exceptTo: readonly string[] };

/** The interfaces that face the outside, and the other ones that the configuration listens on. */
export type Sides = { readonly world: readonly string[]; readonly named: readonly string[] };

/** Names that no firewall command takes for a pattern or a quote. */
const PLAIN_NAME = /^[\w.@-]+$/;

/**
 * The interfaces on which strangers' forwarded packets arrive. Packets that leave to the outside again do not concern
 * this host's networks, and neither do packets that return through the interface that they came from: their sender
 * reaches the target without this host. A VRF that forwards replaces its members. Empty: any interface.
 */
export function ingressesOf(interfaces: readonly HostInterface[], { world, named }: Sides): Ingress[] {
  const outer = interfaces.filter(({ loopback }) => loopback !== true);
  const ways = outer.filter(({ name }) => world.includes(name) || named.includes(name));
  if (ways.some(({ name }) => !PLAIN_NAME.test(name))) return [];
  const direct = ways.map(({ name }) => ({
    from: name,
    exceptTo: world.includes(name) ? [name] : [name, ...world],
  }));
  const isNew = ({ name }: HostInterface): boolean => !direct.some(({ from }) => from === name);
  const vrfs = outer
    .filter((one) => one.type === 'vrf' && isNew(one))
    .flatMap((vrf) => throughVrf(vrf, ways));
  return [...direct, ...vrfs];
}

function throughVrf({ name, index }: HostInterface, ways: readonly HostInterface[]): Ingress[] {
  const members = ways.filter(({ master }) => master === index).map((one) => one.name);
  return members.length === 0 ? [] : [{ from: name, exceptTo: [name, ...members] }];
}

import type { HostInterface } from './host-interface.ts';

/** An interface by which strangers come in, and those to which what comes in by it goes unguarded. */
export type Ingress = { readonly from: string; readonly exceptTo: readonly string[] };

/** Which interfaces lead to the world, and which others the configuration listens on. */
export type Sides = { readonly world: readonly string[]; readonly named: readonly string[] };

/** What no firewall's command takes for a pattern or a quote. */
const PLAIN_NAME = /^[\w.@-]+$/;

/**
 * The interfaces by which strangers come whose packets go through this host. What goes out to the world again is none of
 * this host's own, nor is what turns back by the interface it came by: its sender reaches it without this host. A VRF
 * takes the place of its members when it sends on. None: strangers may come by any.
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

import type { InterfaceSetting } from '../../core/config/values/parse-interfaces.ts';
import type { HostRoutes } from '../../core/firewall/judge/journey.ts';
import { strangersOf } from '../../core/firewall/judge/strangers.ts';
import type { HostInterface } from '../../core/net/host-interface.ts';
import { type Ingress, ingressesOf } from '../../core/net/ingress.ts';
import { KernelRoutes, sendsOn } from '../../host/interfaces/host-routes.ts';

/** The interfaces on which strangers arrive: for this host, and for forwarded packets. */
export type EntryPoints = { readonly input: readonly HostInterface[]; readonly forward: readonly Ingress[] };

/**
 * For this host: the configured interfaces; otherwise those over which the host would answer strangers; otherwise all
 * that are up. Forwarded packets: both kinds.
 */
export function entryPointsOf(
  interfaces: readonly HostInterface[],
  choice: InterfaceSetting | undefined,
  routes: HostRoutes,
): EntryPoints {
  const outer = interfaces.filter(({ name, loopback }) => name !== 'lo' && loopback !== true);
  const ways = ([4, 6] as const).flatMap((family) =>
    strangersOf(family).map(({ address }) => routes.routeTo(family, address)),
  );
  const world = outer.filter(({ name, defaultRoute }) => defaultRoute || ways.includes(name));
  const names = choice?.kind === 'named' ? choice.names : [];
  const forward = ingressesOf(interfaces, { world: world.map(({ name }) => name), named: names });
  if (choice?.kind === 'named')
    return { input: outer.filter(({ name }) => choice.names.includes(name)), forward };
  return { input: world.length > 0 ? world : outer.filter(({ up }) => up), forward };
}

/** By the kernel's present routes. */
export function currentIngresses(
  interfaces: readonly HostInterface[],
  choice: InterfaceSetting | undefined,
): readonly Ingress[] {
  using routes = new KernelRoutes(interfaces);
  return entryPointsOf(interfaces, choice, routes).forward;
}

/** Interfaces whose packets for other hosts this host forwards. */
export function sendersOn(interfaces: readonly HostInterface[]): readonly string[] {
  return ([4, 6] as const).flatMap((family) =>
    interfaces.filter(({ name }) => sendsOn(family, name) === true).map(({ name }) => `${name} ${family}`),
  );
}

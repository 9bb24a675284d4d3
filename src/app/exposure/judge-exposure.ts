import type { InterfaceSetting } from '../../core/config/values/parse-interfaces.ts';
import type { Exposure } from '../../core/control/daemon-status.ts';
import type { PortOpening } from '../../core/door/port-opening.ts';
import type { StrangerFate } from '../../core/firewall/judge/judge-stranger.ts';
import { renderFate } from '../../core/firewall/judge/name-rule.ts';
import { strangersOf } from '../../core/firewall/judge/strangers.ts';
import type { Family } from '../../core/net/address.ts';
import type { HostInterface } from '../../core/net/host-interface.ts';
import { listRules } from '../../host/firewall/choice/list-rules.ts';
import { KernelRoutes } from '../../host/interfaces/host-routes.ts';
import { type JudgedPort, StrangerJudge } from './stranger-judge.ts';

/** BOUNDED: of all ports of all doors, those that are judged. */
export const MAX_JUDGED_PORTS = 64;

export type ExposureQuestion = {
  readonly ports: readonly PortOpening[];
  readonly interfaces: readonly HostInterface[];
  readonly choice: InterfaceSetting | undefined;
};

/** Lists the rules as they are now, and judges. */
export async function judgeExposure({ ports, interfaces, choice }: ExposureQuestion): Promise<Exposure> {
  const judged = spreadPorts(ports);
  if (judged.length === 0) return { closed: [], open: [], unjudged: [] };
  const listing = await listRules();
  if (listing.nft === undefined && listing.iptables.length === 0) {
    const why = listing.why ?? 'there is neither nftables nor iptables';
    const unjudged = judged.map(
      (port) => `${nameOf(port)} could not be judged: the rules cannot be read: ${why}`,
    );
    return { closed: [], open: [], unjudged };
  }
  using routes = new KernelRoutes(interfaces);
  const judge = new StrangerJudge(listing, entrancesOf(interfaces, choice, routes), routes);
  return sumUp(judged, judge);
}

function sumUp(ports: readonly JudgedPort[], judge: StrangerJudge): Exposure {
  const exposure = { closed: [] as string[], open: [] as string[], unjudged: [] as string[] };
  for (const port of ports) {
    const fates = judge.families.map((family) => ({ family, fate: judge.fateOf(port, family) }));
    const open = fates.filter(({ fate }) => fate.kind === 'in');
    const unsure = fates.filter(({ fate }) => fate.kind === 'depends');
    if (open.length > 0)
      exposure.open.push(`${nameOf(port)} is open to ${whom(open)} over ${versions(open)}: ${by(open)}`);
    if (unsure.length > 0)
      exposure.unjudged.push(`${nameOf(port)} over ${versions(unsure)} could not be judged: ${by(unsure)}`);
    if (open.length + unsure.length === 0) exposure.closed.push(nameOf(port));
  }
  return exposure;
}

type Fates = readonly { readonly family: Family; readonly fate: StrangerFate }[];

const nameOf = ({ protocol, port }: JudgedPort): string => `${protocol}/${port}`;
const versions = (fates: Fates): string => fates.map(({ family }) => `IPv${family}`).join(' and ');
const by = (fates: Fates): string => [...new Set(fates.map(({ fate }) => renderFate(fate)))].join('; ');
const whom = (fates: Fates): string =>
  fates.every(({ fate }) => fate.who === undefined) ? 'everybody' : 'strangers';

/** Each port once. */
export function spreadPorts(openings: readonly PortOpening[]): JudgedPort[] {
  const all = new Map<string, JudgedPort>();
  for (const { protocol, first, last } of openings) {
    for (let port: number = first; port <= last && all.size < MAX_JUDGED_PORTS; port++)
      all.set(`${protocol}/${port}`, { protocol, port });
  }
  return [...all.values()];
}

/** The interfaces that are named; else those by which the host would answer strangers; else all that are up. */
function entrancesOf(
  interfaces: readonly HostInterface[],
  choice: InterfaceSetting | undefined,
  routes: KernelRoutes,
): readonly HostInterface[] {
  const outer = interfaces.filter(({ name }) => name !== 'lo');
  if (choice?.kind === 'named') return outer.filter(({ name }) => choice.names.includes(name));
  const ways = ([4, 6] as const).flatMap((family) =>
    strangersOf(family).map(({ address }) => routes.wayTo(family, address)),
  );
  const routed = outer.filter(({ name, defaultRoute }) => defaultRoute || ways.includes(name));
  return routed.length > 0 ? routed : outer.filter(({ up }) => up);
}

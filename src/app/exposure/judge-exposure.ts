import type { InterfaceSetting } from '../../core/config/values/parse-interfaces.ts';
import type { Exposure } from '../../core/control/daemon-status.ts';
import type { PortOpening } from '../../core/door/port-opening.ts';
import type { StrangerFate } from '../../core/firewall/judge/judge-stranger.ts';
import { renderFate } from '../../core/firewall/judge/name-rule.ts';
import type { Family } from '../../core/net/address.ts';
import type { HostInterface } from '../../core/net/host-interface.ts';
import { listRules } from '../../host/firewall/choice/list-rules.ts';
import { KernelRoutes } from '../../host/interfaces/host-routes.ts';
import { entryPointsOf } from './entry-points.ts';
import { judgeWayIn, nameOf, versions } from './judge-way-in.ts';
import { type JudgedPort, StrangerJudge } from './stranger-judge.ts';

/** BOUNDED: ports judged, of all ports of all doors. */
export const MAX_JUDGED_PORTS = 64;

export type ExposureQuestion = {
  readonly ports: readonly PortOpening[];
  readonly interfaces: readonly HostInterface[];
  readonly choice: InterfaceSetting | undefined;
};

/** Lists the present rules, and judges them. */
export async function judgeExposure({ ports, interfaces, choice }: ExposureQuestion): Promise<Exposure> {
  const judged = spreadPorts(ports);
  if (judged.length === 0) return NOTHING;
  const listing = await listRules();
  if (listing.nft === undefined && listing.iptables.length === 0) {
    const why = listing.why ?? 'there is neither nftables nor iptables';
    const unjudged = judged.map(
      (port) => `${nameOf(port)} could not be judged: the rules cannot be read: ${why}`,
    );
    return { ...NOTHING, unjudged };
  }
  using routes = new KernelRoutes(interfaces);
  const entrances = entryPointsOf(interfaces, choice, routes);
  const exposure = sumUp(judged, new StrangerJudge(listing, { interfaces, entrances, routes }));
  const more = countPorts(ports) - judged.length;
  const unjudged = more > 0 ? [`${more} more ports were not judged: the limit is ${MAX_JUDGED_PORTS}`] : [];
  return { ...exposure, unjudged: [...exposure.unjudged, ...unjudged] };
}

function sumUp(ports: readonly JudgedPort[], judge: StrangerJudge): Exposure {
  const exposure = {
    closed: [] as string[],
    open: [] as string[],
    unjudged: [] as string[],
    shut: [] as string[],
  };
  for (const port of ports) {
    const fates = judge.families.map((family) => ({ family, fate: judge.fateOf(port, family) }));
    const open = fates.filter(({ fate }) => fate.kind === 'in');
    const unsure = fates.filter(({ fate }) => fate.kind === 'depends');
    if (open.length > 0)
      exposure.open.push(`${nameOf(port)} is open to ${whom(open)} over ${versions(open)}: ${by(open)}`);
    if (unsure.length > 0)
      exposure.unjudged.push(`${nameOf(port)} over ${versions(unsure)} could not be judged: ${by(unsure)}`);
    if (open.length + unsure.length === 0) exposure.closed.push(nameOf(port));
    if (open.length === 0) exposure.shut.push(...wayInOf(port, judge));
  }
  return exposure;
}

const NOTHING: Exposure = { closed: [], open: [], unjudged: [], shut: [] };

function wayInOf(port: JudgedPort, judge: StrangerJudge): string[] {
  const barrier = judgeWayIn(port, judge);
  return barrier === undefined
    ? []
    : [`${barrier.message}; let it pass there, Bussa keeps it closed to others: ${barrier.fix.command}`];
}

type Fates = readonly { readonly family: Family; readonly fate: StrangerFate }[];

const by = (fates: Fates): string => [...new Set(fates.map(({ fate }) => renderFate(fate)))].join('; ');
const whom = (fates: Fates): string =>
  fates.every(({ fate }) => fate.who === undefined) ? 'everybody' : 'strangers';

/** Each port of each path once. */
export function spreadPorts(openings: readonly PortOpening[]): JudgedPort[] {
  const all = new Map<string, JudgedPort>();
  for (const { protocol, first, last, path } of openings) {
    for (let port: number = first; port <= last && all.size < MAX_JUDGED_PORTS; port++)
      all.set(`${protocol}/${port} ${path}`, { protocol, port, path });
  }
  return [...all.values()];
}

function countPorts(openings: readonly PortOpening[]): number {
  const all = new Set<number>();
  for (const { protocol, first, last, path } of openings) {
    const kind = (protocol === 'tcp' ? 0 : 1) + (path === 'input' ? 0 : 2);
    for (let port: number = first; port <= last; port++) all.add(kind * 65_536 + port);
  }
  return all.size;
}

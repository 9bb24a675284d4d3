import type { AttachPoint } from '../door/attach-point.ts';
import { portsOn } from '../door/port-opening.ts';
import { answerRules, renderSending, sendingRules } from './cut-rules.ts';
import { homesFor, renderElement } from './elements.ts';
import type { NftGate, NftGrant } from './gate.ts';
import { acceptRules, againRules, renderSets } from './gate-rules.ts';
import { guestChain, guestHome, type Home, OWN_HOME, type Path, renderHome } from './home.ts';
import { renderOwnChain } from './own-table.ts';

/** Where a chain of somebody else's hangs in the packet's path. */
export type Anchor = { readonly point: AttachPoint; readonly path: Path };

/**
 * Commands of nft(8), one a line, that put Bussa's sets, its chains and one rule for each anchor into tables of
 * somebody else's. Nothing is closed here: that is the owner's policy. `own`: paths on which the owner closes nothing,
 * and Bussa's own table does.
 */
export function renderGuestPart(
  anchors: readonly Anchor[],
  gates: readonly NftGate[],
  grants: readonly NftGrant[],
  own: readonly Path[] = [],
): string[] {
  const homes = guestHomes(anchors.map(({ point }) => point));
  return [
    ...homes.flatMap((home) => gates.flatMap((gate) => renderSets(home, gate))),
    ...homes.flatMap((home) =>
      pathsIn(anchors, home).flatMap((path) => renderChain(home, path, gates, anchors)),
    ),
    ...renderOwnBeside(gates, grants, own),
    ...grants.flatMap((grant) => homesFor(homes, grant.source).map((home) => renderElement(home, grant))),
    ...anchors.map(renderJump),
  ];
}

/** Each table once, however many of its chains are anchors. */
export function guestHomes(attach: readonly AttachPoint[]): Home[] {
  const homes = new Map(attach.map((point) => [renderHome(guestHome(point)), guestHome(point)]));
  return [...homes.values()];
}

function pathsIn(anchors: readonly Anchor[], home: Home): Path[] {
  const here = anchors.filter(({ point }) => point.family === home.family && point.table === home.table);
  return [...new Set(here.map(({ path }) => path))];
}

function renderChain(
  home: Home,
  path: Path,
  gates: readonly NftGate[],
  anchors: readonly Anchor[],
): string[] {
  const chain = `${renderHome(home)} ${guestChain(path)}`;
  const rules = [
    ...(gates.some((gate) => mindsConnections(gate, path)) ? [TRACKED] : []),
    ...answerRules(home, gates, path),
    ...(path === 'forward' ? sendingRules(gates, path) : []),
    ...gates.flatMap((gate) => acceptRules(home, gate, path)),
    ...(anchors.some((anchor) => isOfIptables(anchor, home)) ? [] : againRules(gates, path)),
  ];
  return [`add chain ${chain}`, ...rules.map((rule) => `add rule ${chain} ${rule}`)];
}

/** iptables-nft cannot use a table of its own any more in which a rule of every door asks conntrack by nftables' word. */
function isOfIptables({ point }: Anchor, { family, table }: Home): boolean {
  const isHere = point.family === family && point.table === table;
  return isHere && family !== 'inet' && table === 'filter' && /^(?:INPUT|FORWARD)$/.test(point.chain);
}

/**
 * What the owner's chains do not see, what this host sends among it; a base chain in a table of iptables would make that
 * unusable.
 */
function renderOwnBeside(
  gates: readonly NftGate[],
  grants: readonly NftGrant[],
  own: readonly Path[],
): string[] {
  const closed = own.flatMap((path) => renderOwnChain(gates, path));
  const chains = [...closed, ...renderSending(OWN_HOME, gates)];
  if (chains.length === 0) return [];
  const asked = closed.length > 0;
  return [
    `add table ${renderHome(OWN_HOME)}`,
    ...(asked ? gates.flatMap((gate) => renderSets(OWN_HOME, gate)) : []),
    ...chains,
    ...(asked ? grants.map((grant) => renderElement(OWN_HOME, grant)) : []),
  ];
}

/** Says nothing of any packet. But the kernel tracks connections only where a rule asks for them. */
const TRACKED = 'ct state new continue';

function mindsConnections({ ports, hold = false, closeKills = false }: NftGate, path: Path): boolean {
  return (hold || closeKills) && portsOn(ports, path).length > 0;
}

/** At the front: behind a rule that drops, it would never be reached. */
function renderJump({ point, path }: Anchor): string {
  return `insert rule ${point.family} ${point.table} ${point.chain} jump ${guestChain(path)}`;
}

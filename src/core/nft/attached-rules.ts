import type { AttachPoint } from '../door/attach-point.ts';
import { renderElement, tablesFor } from './elements.ts';
import type { NftGate, NftGrant } from './gate.ts';
import { acceptRules, renderSets, translatedGate } from './gate-rules.ts';
import { untrackedRules } from './routed-rules.ts';
import { attachedChainName, attachedTable, type OwnTable, type Path, renderTable } from './table.ts';

/** Where a foreign chain is hooked into the packet's path. */
export type AttachedChain = { readonly point: AttachPoint; readonly path: Path };

/**
 * nft(8) commands, one per line, that add Bussa's sets, its chains and one rule per attached chain to foreign tables.
 * They only accept, where the owner would drop: Bussa's own table closes.
 */
export function renderAttachedRules(
  anchors: readonly AttachedChain[],
  gates: readonly NftGate[],
  grants: readonly NftGrant[],
): string[] {
  const ownTables = attachedTables(anchors.map(({ point }) => point));
  return [
    ...ownTables.flatMap((ownTable) => gates.flatMap((gate) => renderSets(ownTable, gate))),
    ...ownTables.flatMap((ownTable) =>
      pathsIn(anchors, ownTable).flatMap((path) => renderChain(ownTable, path, gates, anchors)),
    ),
    ...grants.flatMap((grant) =>
      tablesFor(ownTables, grant.source).map((ownTable) => renderElement(ownTable, grant)),
    ),
    ...anchors.map(renderJump),
  ];
}

/** Each table once, however many of its chains are attached. */
export function attachedTables(attach: readonly AttachPoint[]): OwnTable[] {
  const ownTables = new Map(attach.map((point) => [renderTable(attachedTable(point)), attachedTable(point)]));
  return [...ownTables.values()];
}

function pathsIn(anchors: readonly AttachedChain[], ownTable: OwnTable): Path[] {
  const here = anchors.filter(
    ({ point }) => point.family === ownTable.family && point.table === ownTable.table,
  );
  return [...new Set(here.map(({ path }) => path))];
}

function renderChain(
  ownTable: OwnTable,
  path: Path,
  gates: readonly NftGate[],
  anchors: readonly AttachedChain[],
): string[] {
  const chain = `${renderTable(ownTable)} ${attachedChainName(path)}`;
  const isNative = !anchors.some((anchor) => isOfIptables(anchor, ownTable));
  const rules = gates.flatMap((gate) => [
    ...acceptRules(ownTable, gate, path),
    ...(isNative && path === 'input' ? acceptRules(ownTable, translatedGate(gate), 'forward') : []),
    ...(isNative && path === 'forward' ? untrackedRules(ownTable, gate) : []),
  ]);
  return [`add chain ${chain}`, ...rules.map((rule) => `add rule ${chain} ${rule}`)];
}

/** iptables-nft can no longer use its own table if a rule in it uses nftables' conntrack match. */
function isOfIptables({ point }: AttachedChain, { family, table }: OwnTable): boolean {
  const isHere = point.family === family && point.table === table;
  return isHere && family !== 'inet' && table === 'filter' && /^(?:INPUT|FORWARD)$/.test(point.chain);
}

/** Inserted first: after a rule that drops, it would never be reached. */
function renderJump({ point, path }: AttachedChain): string {
  return `insert rule ${point.family} ${point.table} ${point.chain} jump ${attachedChainName(path)}`;
}

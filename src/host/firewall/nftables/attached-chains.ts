import { type AttachPoint, renderAttachPoint } from '../../../core/door/attach-point.ts';
import type { BaseChain } from '../../../core/firewall/choose-firewall.ts';
import { readBaseChains } from '../../../core/firewall/read-base-chains.ts';
import type { Family } from '../../../core/net/address.ts';
import type { AttachedChain } from '../../../core/nft/attached-rules.ts';
import { attachedTable, familiesOf, OWN_TABLE, PATHS, type Path } from '../../../core/nft/table.ts';
import type { Nftables } from '../../ffi/libnftables.ts';
import { FirewallError, type Gate, GateError } from '../contract/firewall.ts';
import { jumpTarget, type Listed, listObjects, listTables } from '../ruleset/nft-listing.ts';

/** The chains to attach to, and their hooks, as the kernel has them now. */
export function findAttachedChains(nft: Nftables, attach: readonly AttachPoint[]): AttachedChain[] {
  const tables = listTables(nft);
  return attach.map((point) => {
    const tableName = `${point.family} ${point.table}`;
    if (!tables.has(tableName)) throw new FirewallError(notThere(point, `there is no table ${tableName}`));
    return { point, path: pathOf(point, listObjects(nft, `table ${tableName}`)) };
  });
}

/** Foreign base chains that drop what no rule accepts. */
export function listClosing(nft: Nftables): BaseChain[] {
  const chains = readBaseChains(nft.list('list ruleset', { terse: true }), OWN_TABLE.table) ?? [];
  return chains.filter(({ closes }) => closes);
}

/**
 * Checks that every path of a gate's ports that a foreign chain closes has a chain to attach to. Throws a `GateError`.
 */
export function requireBaseChains(
  anchors: readonly AttachedChain[],
  gates: readonly Gate[],
  closing: readonly BaseChain[],
): void {
  for (const path of PATHS) {
    const closer = closing.find((chain) => chain.path === path);
    if (closer !== undefined) requireAnchor(closer, anchors, gates);
  }
}

/** Families whose packets to this host are dropped by a foreign chain but seen by none of the attached chains. */
export function unseenFamilies(anchors: readonly AttachedChain[], closing: readonly BaseChain[]): Family[] {
  const sees = (family: Family, point: AttachPoint): boolean =>
    familiesOf(attachedTable(point)).includes(family);
  return ([4, 6] as const).filter(
    (family) =>
      closing.some((chain) => chain.path === 'input' && sees(family, chain)) &&
      !anchors.some(({ point }) => sees(family, point)),
  );
}

function pathOf(point: AttachPoint, listed: readonly Listed[]): Path {
  const hooks = hooksOf(point.chain, listed, new Set());
  if (hooks === undefined) throw new FirewallError(notThere(point, 'the table has no such chain'));
  const [path, ...others] = PATHS.filter((one) => hooks.has(one));
  if (path === undefined || others.length > 0) {
    const found = hooks.size === 0 ? 'no hook' : `the hooks ${[...hooks].join(', ')}`;
    throw new FirewallError(
      `attach = ${renderAttachPoint(point)}: the chain is at ${found}; name one at input or forward`,
    );
  }
  return path;
}

/** The hooks from which packets reach the chain, directly or through others; `undefined`: there is no such chain. */
function hooksOf(name: string, listed: readonly Listed[], seen: Set<string>): Set<string> | undefined {
  const chain = listed.find((object) => object.chain?.name === name)?.chain;
  if (chain === undefined) return undefined;
  seen.add(name);
  const hooks = new Set(chain.hook === undefined ? [] : [chain.hook]);
  for (const { rule } of listed) {
    if (rule === undefined || jumpTarget(rule) !== name || seen.has(rule.chain)) continue;
    for (const hook of hooksOf(rule.chain, listed, seen) ?? []) hooks.add(hook);
  }
  return hooks;
}

function requireAnchor(closer: BaseChain, anchors: readonly AttachedChain[], gates: readonly Gate[]): void {
  const { path } = closer;
  const gate = gates.find(({ ports, shut = false }) => !shut && ports.some((port) => port.path === path));
  if (gate === undefined || anchors.some((anchor) => anchor.path === path)) return;
  throw new GateError(
    gate.door,
    `door ${gate.door} opens a port in the ${path} path, where ${renderAttachPoint(closer)} drops, and attach names ` +
      `no chain there: add one, as in attach = inet filter input, inet filter forward`,
  );
}

function notThere(point: AttachPoint, why: string): string {
  return `attach = ${renderAttachPoint(point)}: ${why}; \`nft list chains\` shows the existing ones`;
}

import { type AttachPoint, renderAttachPoint } from '../../core/door/attach-point.ts';
import type { NftGate } from '../../core/nft/gate.ts';
import type { Anchor } from '../../core/nft/guest-part.ts';
import { PATHS, type Path } from '../../core/nft/home.ts';
import type { Nftables } from '../ffi/libnftables.ts';
import { FirewallError, GateError } from './firewall.ts';
import { jumpTarget, type Listed, listObjects, listTables } from './nft-listing.ts';

/** Where in the packets' path the chains to attach to hang, as the kernel has them now. */
export function findAnchors(nft: Nftables, attach: readonly AttachPoint[]): Anchor[] {
  const tables = listTables(nft);
  return attach.map((point) => {
    const home = `${point.family} ${point.table}`;
    if (!tables.has(home)) throw new FirewallError(notThere(point, `there is no table ${home}`));
    return { point, path: pathOf(point, listObjects(nft, `table ${home}`)) };
  });
}

/** Each path that a gate has ports on. Throws a `GateError`. */
export function requireAnchors(anchors: readonly Anchor[], gates: readonly NftGate[]): void {
  for (const path of PATHS) requireAnchor(path, anchors, gates);
}

function pathOf(point: AttachPoint, listed: readonly Listed[]): Path {
  const hooks = hooksOf(point.chain, listed, new Set());
  if (hooks === undefined) throw new FirewallError(notThere(point, 'the table has no such chain'));
  const [path, ...others] = PATHS.filter((one) => hooks.has(one));
  if (path === undefined || others.length > 0) {
    const found = hooks.size === 0 ? 'no hook' : `the hooks ${[...hooks].join(', ')}`;
    throw new FirewallError(
      `attach = ${renderAttachPoint(point)}: the chain hangs on ${found}; name one that sees either input or forward`,
    );
  }
  return path;
}

/** The hooks from which packets come to the chain, directly or through others; `undefined` if there is no such chain. */
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

function requireAnchor(path: Path, anchors: readonly Anchor[], gates: readonly NftGate[]): void {
  const gate = gates.find(({ ports }) => ports.some((port) => port.path === path));
  if (gate === undefined || anchors.some((anchor) => anchor.path === path)) return;
  throw new GateError(
    gate.door,
    `door ${gate.door} opens a port in the ${path} path, and attach names no chain there: ` +
      `add one, as in attach = inet filter input, inet filter forward`,
  );
}

function notThere(point: AttachPoint, why: string): string {
  return `attach = ${renderAttachPoint(point)}: ${why}; \`nft list chains\` shows those there are`;
}

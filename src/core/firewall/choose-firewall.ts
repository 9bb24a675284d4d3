import { type AttachPoint, renderAttachPoint } from '../door/attach-point.ts';
import type { PortOpening } from '../door/port-opening.ts';
import type { Family } from '../net/address.ts';

/** Each name also stands for its relatives: `ip6tables`, `iptables-restore`, `ip6tables-restore`. */
export type IptablesVariant = 'iptables' | 'iptables-nft' | 'iptables-legacy';

/** An nftables chain and the packets that pass it: all for this host, or all forwarded ones. */
export type PathChain = AttachPoint & { readonly path: PortOpening['path'] };

export type BaseChain = PathChain & {
  /** Packets that no rule accepts are dropped, by the policy or by a last rule. */
  readonly closes: boolean;
};

/** INPUT of one family, as a variant of iptables lists it. */
export type InputRules = {
  readonly variant: IptablesVariant;
  /** The kernel's kind of tables that these commands show. */
  readonly backend: 'nf_tables' | 'legacy';
  readonly family: Family;
  readonly rules: number;
  readonly closes: boolean;
};

/** The firewalls of a host, without Bussa's rules. */
export type FirewallFacts = {
  readonly nftables:
    | {
        readonly kind: 'listed';
        readonly chains: readonly BaseChain[];
        /** Chains that close at `prerouting`, before the others. */
        readonly early?: readonly AttachPoint[];
      }
    | { readonly kind: 'unavailable'; readonly why: string };
  /** Empty without iptables. */
  readonly iptables: readonly InputRules[];
};

export type FirewallChoice = { readonly why: string } & (
  | { readonly kind: 'own-table' }
  /** On a path without a chain among them, nobody closes anything. */
  | { readonly kind: 'attach'; readonly points: readonly PathChain[] }
  | { readonly kind: 'iptables'; readonly variant: IptablesVariant }
  | { readonly kind: 'none' }
);

/** What keeps doors closed, or may, whichever firewall they open in: sentences with the remedy. */
export function warningsOf({ nftables }: FirewallFacts): string[] {
  const early = nftables.kind === 'listed' ? (nftables.early ?? []) : [];
  return early
    .map(renderAttachPoint)
    .map(
      (chain) =>
        `${chain} drops at prerouting, before any door, what its rules do not name: let the doors’ ports ` +
        `pass there, as in \`nft insert rule ${chain} tcp dport 22 accept\`; they stay closed behind it`,
    );
}

/**
 * Chooses where leases must be stored to take effect: in the firewall that closes the host, otherwise in the one that
 * has rules.
 */
export function chooseFirewall(facts: FirewallFacts): FirewallChoice {
  const { nftables, iptables } = facts;
  const foreign = nftables.kind === 'listed' ? nftables.chains.filter((chain) => !isOf(chain, iptables)) : [];
  const allClosing = foreign.filter((chain) => chain.closes);
  const closing = allClosing.filter(({ path }) => path === 'input');
  const closed = iptables.filter((table) => table.closes);
  const [closer] = closed;
  if (closer !== undefined) {
    const why = `${renderTables(closed)} of ${closer.variant} lets in only what its rules name${besides(closing)}`;
    return { kind: 'iptables', variant: closer.variant, why };
  }
  return closing.length > 0 ? attachTo(allClosing) : chooseOpen(facts, allClosing);
}

function attachTo(closing: readonly BaseChain[]): FirewallChoice {
  const names = closing.map(renderAttachPoint).join(', ');
  return {
    kind: 'attach',
    points: closing.map(({ family, table, chain, path }) => ({ family, table, chain, path })),
    why: `nftables has ${names}, which lets in only what its rules name`,
  };
}

/** Nobody closes this host: Bussa closes the doors' ports itself, except forwarded ones that somebody closes. */
function chooseOpen({ nftables, iptables }: FirewallFacts, forward: readonly BaseChain[]): FirewallChoice {
  const used = iptables.filter((table) => table.rules > 0);
  const [user] = used;
  if (user !== undefined) {
    const why = `${renderTables(used)} of ${user.variant} has rules`;
    return { kind: 'iptables', variant: user.variant, why };
  }
  if (forward.length > 0) return attachTo(forward);
  if (nftables.kind === 'listed') {
    return {
      kind: 'own-table',
      why: 'no firewall here closes anything: Bussa closes the doors’ ports in its own table',
    };
  }
  const [first] = iptables;
  if (first !== undefined) {
    return { kind: 'iptables', variant: first.variant, why: `nftables cannot be used (${nftables.why})` };
  }
  return {
    kind: 'none',
    why: `no firewall can be used: nftables cannot be used (${nftables.why}), and there is no iptables`,
  };
}

/** The INPUT and FORWARD of iptables-nft are such chains. If iptables-nft can list them, they belong to it. */
function isOf({ family, table, chain, path }: BaseChain, iptables: readonly InputRules[]): boolean {
  if (family === 'inet' || table !== 'filter' || chain !== (path === 'input' ? 'INPUT' : 'FORWARD'))
    return false;
  return iptables.some((one) => one.backend === 'nf_tables' && one.family === (family === 'ip' ? 4 : 6));
}

function renderTables(tables: readonly InputRules[]): string {
  return `INPUT of IPv${[...new Set(tables.map(({ family }) => family))].sort().join(' and IPv')}`;
}

function besides(closing: readonly BaseChain[]): string {
  if (closing.length === 0) return '';
  const names = closing.map(renderAttachPoint).join(', ');
  return `; beside it ${names} of nftables does too, and has to let the doors’ ports in by a rule of its own`;
}

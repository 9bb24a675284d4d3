import type { Family } from '../../net/address.ts';
import { type IpsetContents, markFilled, readIpsets } from './ipset.ts';
import { readIptables, type SavedTables } from './read-iptables.ts';
import { readNft } from './read-nft.ts';
import type { BaseChain, Rule, Ruleset } from './ruleset.ts';

/** All rules of a host, as listed by its own tools. */
export type RuleListings = {
  /** `nft -j list ruleset`, with the elements of sets; `undefined`: there is no nftables. */
  readonly nft: string | undefined;
  readonly iptables: readonly SavedTables[];
  /** `ipset save`. */
  readonly ipsets: string | undefined;
  /** Families with iptables-legacy rules in the kernel that cannot be listed. */
  readonly unlisted?: readonly Family[];
};

/** Tables that iptables-nft lists are read in its form: nft cannot show everything in them. */
export function readRuleset({ nft, iptables, ipsets, unlisted = [] }: RuleListings): Ruleset {
  const sets: IpsetContents =
    ipsets === undefined
      ? new Map()
      : markFilled(
          readIpsets(ipsets),
          iptables.map(({ text }) => text),
        );
  const bases: BaseChain[] = [];
  const chains = new Map<string, readonly Rule[]>();
  const told = new Set<string>();
  for (const saved of iptables) {
    const read = readIptables(saved, sets);
    bases.push(...read.bases);
    for (const [key, rules] of read.chains) chains.set(key, rules);
    if (saved.backend !== 'nf_tables') continue;
    for (const table of read.tables) told.add(`${saved.family === 4 ? 'ip' : 'ip6'} ${table}`);
  }
  const listed = nft === undefined ? undefined : readNft(nft);
  for (const base of listed?.bases ?? []) {
    if (!told.has(`${base.family} ${base.place.table}`)) bases.push(base);
  }
  for (const [key, rules] of listed?.chains ?? []) chains.set(key, rules);
  for (const family of unlisted) {
    const { base, rule } = unlistedChain(family);
    bases.push(base);
    chains.set(base.key, [rule]);
  }
  return { bases, chains };
}

/** Stands for rules that exist but cannot be read: their effect is unknown. */
function unlistedChain(family: Family): { readonly base: BaseChain; readonly rule: Rule } {
  const tool = family === 4 ? 'iptables-legacy' : 'ip6tables-legacy';
  const place = {
    tool,
    family: `${family}`,
    table: 'filter',
    chain: 'INPUT',
    text: '',
    scope: 'any',
  } as const;
  const why = `the rules of ${tool}, which is not installed`;
  const base: BaseChain = {
    key: `unlisted ${family}`,
    name: `INPUT of ${tool}`,
    place,
    family: family === 4 ? 'ip' : 'ip6',
    type: 'filter',
    hook: 'input',
    priority: 0,
    policy: 'accept',
  };
  return { base, rule: { place, steps: [{ kind: 'verdict', verdict: { kind: 'unknown', why } }] } };
}

import type { Family } from '../net/address.ts';
import type { JUMPS } from './part-names.ts';

/** What iptables-nft makes where rules are put: the table `filter`, and its base chains. */
export type Made = 'TABLE' | keyof typeof JUMPS;

const MADE = ['TABLE', 'INPUT', 'FORWARD', 'OUTPUT'] as const satisfies readonly Made[];

/** An empty chain that tells, after a crash too, what was not there before Bussa's rules, and goes with them. */
export function madeChain(made: Made): string {
  return `BUSSA-MADE-${made}`;
}

/** What these chains tell of. */
export function madeIn(chains: readonly string[]): Made[] {
  return MADE.filter((made) => chains.includes(madeChain(made)));
}

/** The table of nftables that iptables of a family has for its own `filter`. */
export function homeOf(family: Family): string {
  return family === 4 ? 'ip filter' : 'ip6 filter';
}

import type { Family } from '../net/address.ts';
import type { JUMPS } from './part-names.ts';

/** What iptables-nft makes where rules are put: the table `filter`, and its base chains. */
export type CreatedPart = 'TABLE' | keyof typeof JUMPS;

const MADE = ['TABLE', 'INPUT', 'FORWARD', 'OUTPUT'] as const satisfies readonly CreatedPart[];

/** An empty chain that tells, after a crash too, what was not there before Bussa's rules, and goes with them. */
export function chainMarkerName(made: CreatedPart): string {
  return `BUSSA-MADE-${made}`;
}

/** What these chains tell of. */
export function markedIn(chains: readonly string[]): CreatedPart[] {
  return MADE.filter((made) => chains.includes(chainMarkerName(made)));
}

/** The table of nftables that iptables of a family has for its own `filter`. */
export function filterTableOf(family: Family): string {
  return family === 4 ? 'ip filter' : 'ip6 filter';
}

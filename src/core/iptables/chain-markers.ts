import type { Family } from '../net/address.ts';
import type { JUMPS } from './part-names.ts';

/** What iptables-nft creates when rules are added: the table `filter`, and its base chains. */
export type CreatedPart = 'TABLE' | keyof typeof JUMPS;

const MADE = ['TABLE', 'INPUT', 'FORWARD', 'OUTPUT'] as const satisfies readonly CreatedPart[];

/**
 * An empty chain that records, even after a crash, what did not exist before Bussa's rules. It is removed with them.
 */
export function chainMarkerName(made: CreatedPart): string {
  return `BUSSA-MADE-${made}`;
}

/** What these chains record. */
export function markedIn(chains: readonly string[]): CreatedPart[] {
  return MADE.filter((made) => chains.includes(chainMarkerName(made)));
}

/** The nftables table that iptables of a family uses for its `filter`. */
export function filterTableOf(family: Family): string {
  return family === 4 ? 'ip filter' : 'ip6 filter';
}

import type { Family } from '../../net/address.ts';
import type { IpRange } from './ip-range.ts';

/** What is known of the host around the rules. */
export type HostRoutes = {
  /** Where the kernel sends a packet to this address: an interface, `local` for this host, `none`; `undefined`: not known. */
  readonly wayTo: (family: Family, address: bigint) => string | undefined;
  /** Whether it sends on what comes in by this interface for others; `undefined`: not known. */
  readonly sendsOn?: (family: Family, name: string) => boolean | undefined;
};

/** One packet of a stranger: everything in it is known. */
export type Stranger = {
  readonly family: Family;
  readonly protocol: 'tcp' | 'udp';
  readonly source: bigint;
  readonly sourcePort: number;
  readonly address: bigint;
  /** The address is not this host's own: it is to send the packet on. */
  readonly isRouted?: boolean;
  /** Its sender has knocked: whatever Bussa's rules ask of a lease is so. */
  readonly hasLease?: boolean;
  readonly port: number;
  readonly interface: string;
  /** As the kernel's connection tracking has it. */
  readonly state: 'new' | 'established';
  readonly routes: HostRoutes;
  /** No options and no extension headers. With some, which ones is the stranger's to choose. */
  readonly isPlain: boolean;
  /** It comes again: rules may have listed its source by earlier packets, whose ports the stranger has chosen. */
  readonly comesAgain: boolean;
  /** Told of what a rule asks that is a stranger's own choice: each range of sources, each source port, odd headers, earlier packets. */
  readonly asked: (what: Asked) => void;
};

export type Asked =
  | { readonly kind: 'source'; readonly range: IpRange }
  | { readonly kind: 'source-port'; readonly first: number; readonly last: number }
  /** Where it is sent to, behind this host. */
  | { readonly kind: 'address'; readonly range: IpRange }
  | { readonly kind: 'header' }
  | { readonly kind: 'earlier' };

/** What rules have made of the packet so far. `undefined`: it cannot be known. */
export type Journey = {
  readonly hook: string;
  /** `none`: before the kernel's connection tracking has seen it. */
  readonly tracking: 'none' | 'tracked' | 'untracked';
  readonly mark: number | undefined;
  readonly connectionMark: number | undefined;
  readonly address: bigint | undefined;
  readonly port: number | undefined;
  /** The rule that has sent it elsewhere. */
  readonly translatedBy: RulePlace | undefined;
  /** By which interface it leaves; `undefined` before it is known. */
  readonly output: string | undefined;
  /** Sets and lists that rules on its way have changed. */
  readonly touched: ReadonlySet<string>;
  /** The first condition on its way that could not be decided. */
  readonly unsure?: string;
};

/** Where a rule stands, and how its own tool writes it. */
export type RulePlace = {
  readonly tool: string;
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  /** As in `iptables -A`; '' for nftables, where `handle` names it. */
  readonly text: string;
  readonly handle?: number;
  /** What of the packet's port it asks: the port alone, more ports with it, or none. */
  readonly scope: 'port' | 'ports' | 'any';
};

/** Two journeys that no rule can tell apart have the same one. */
export function journeyKey(journey: Journey): string {
  const { hook, tracking, mark, connectionMark, address, port, translatedBy, output, touched } = journey;
  return [
    hook,
    tracking,
    mark,
    connectionMark,
    address,
    port,
    translatedBy !== undefined,
    output,
    ...touched,
  ].join(' ');
}

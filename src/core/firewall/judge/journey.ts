import type { Family } from '../../net/address.ts';
import type { IpRange } from './ip-range.ts';

/** What is known about the host besides its rules. */
export type HostRoutes = {
  /**
   * Where the kernel sends a packet for this address: an interface, `local` for this host, `none`; `undefined`:
   * unknown.
   */
  readonly routeTo: (family: Family, address: bigint) => string | undefined;
  /** Whether it forwards packets from this interface; `undefined`: unknown. */
  readonly sendsOn?: (family: Family, name: string) => boolean | undefined;
};

/** A stranger's packet, with all fields known. */
export type Stranger = {
  readonly family: Family;
  readonly protocol: 'tcp' | 'udp';
  readonly source: bigint;
  readonly sourcePort: number;
  readonly address: bigint;
  /** The address is not this host's own: the packet is to be forwarded. */
  readonly isRouted?: boolean;
  /** Its sender has knocked: whatever Bussa's rules ask about a lease is true. */
  readonly hasLease?: boolean;
  readonly port: number;
  readonly interface: string;
  /** Its state in the kernel's connection tracking. */
  readonly state: 'new' | 'established';
  readonly routes: HostRoutes;
  /** No options and no extension headers. Otherwise the stranger chooses which. */
  readonly isPlain: boolean;
  /**
   * It is a repeated packet: rules may have listed its source after earlier packets, to ports of the stranger's choice.
   */
  readonly comesAgain: boolean;
  /**
   * Called when a rule checks something of the stranger's own choice: a range of sources, a source port, unusual
   * headers, earlier packets.
   */
  readonly asked: (what: Asked) => void;
};

export type Asked =
  | { readonly kind: 'source'; readonly range: IpRange }
  | { readonly kind: 'source-port'; readonly first: number; readonly last: number }
  /** Its destination behind this host. */
  | { readonly kind: 'address'; readonly range: IpRange }
  | { readonly kind: 'header' }
  | { readonly kind: 'earlier' };

/** What rules have changed about the packet so far. `undefined`: unknown. */
export type Journey = {
  readonly hook: string;
  /** `none`: before the kernel's connection tracking has seen it. */
  readonly tracking: 'none' | 'tracked' | 'untracked';
  readonly mark: number | undefined;
  readonly connectionMark: number | undefined;
  readonly address: bigint | undefined;
  readonly port: number | undefined;
  /** The rule that has redirected it. */
  readonly translatedBy: RulePlace | undefined;
  /** The outgoing interface; `undefined` before it is known. */
  readonly output: string | undefined;
  /** Sets and lists changed by rules on its way. */
  readonly touched: ReadonlySet<string>;
  /** The first condition on its way that could not be evaluated. */
  readonly unsure?: string;
};

/** A rule's place, and its text in its own tool's form. */
export type RulePlace = {
  readonly tool: string;
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  /** As in `iptables -A`; '' for nftables, where `handle` identifies it. */
  readonly text: string;
  readonly handle?: number;
  /** Which ports it matches: only this port, more ports, or any. */
  readonly scope: 'port' | 'ports' | 'any';
};

/** The same for two journeys that no rule can tell apart. */
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

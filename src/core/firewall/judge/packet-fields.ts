import type { Family } from '../../net/address.ts';
import type { IpRange } from './ip-range.ts';
import type { Journey, Stranger } from './journey.ts';
import { is, type Truth } from './truth.ts';

export type Spans = readonly (readonly [first: number, last: number])[];

/**
 * What rules may check in a stranger's packet, in one form for every tool that writes rules. `undefined`: not
 * understood.
 */
export function sourceIs(packet: Stranger, range: IpRange | undefined): Truth {
  if (range === undefined) return 'maybe';
  if (range.family !== packet.family) return 'no';
  packet.asked({ kind: 'source', range });
  return isWithin(packet.family, packet.source, range);
}

export function addressIs(packet: Stranger, { address }: Journey, range: IpRange | undefined): Truth {
  if (range !== undefined && range.family === packet.family) askAddress(packet, range);
  return address === undefined ? 'maybe' : isWithin(packet.family, address, range);
}

/** Behind this host there are many addresses that a stranger may choose from. */
export function askAddress(packet: Stranger, range: IpRange): void {
  if (packet.isRouted === true) packet.asked({ kind: 'address', range });
}

export function isWithin(family: Family, address: bigint, range: IpRange | undefined): Truth {
  if (range === undefined) return 'maybe';
  return is(range.family === family && address >= range.first && address <= range.last);
}

export function sourcePortIn(packet: Stranger, spans: Spans): Truth {
  for (const [first, last] of spans) packet.asked({ kind: 'source-port', first, last });
  return inRange(packet.sourcePort, spans);
}

export const portIn = ({ port }: Journey, spans: Spans): Truth =>
  port === undefined ? 'maybe' : inRange(port, spans);

export const inRange = (port: number, spans: Spans): Truth =>
  is(spans.some(([first, last]) => port >= first && port <= last));

/** IANA's numbers of the protocols that packets here can have. */
const PROTOCOLS = { tcp: 6, udp: 17 } as const;

export function protocolIs({ protocol }: Stranger, name: string): Truth {
  if (name === 'all' || name === '0') return 'yes';
  return is(name === protocol || name === `${PROTOCOLS[protocol]}`);
}

export const protocolNumber = ({ protocol }: Stranger): number => PROTOCOLS[protocol];

/** A name, or the beginning of one before the `wildcard`. */
export function interfaceIs(name: string, pattern: string, wildcard: '+' | '*'): boolean {
  return pattern.endsWith(wildcard) ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

/** The flags of a first segment, or those of a later one that its sender cannot choose. */
export function tcpFlagsOf({ protocol, state }: Stranger): ReadonlySet<string> | undefined {
  if (protocol !== 'tcp') return new Set();
  return state === 'new' ? FIRST : LATER;
}

const FIRST: ReadonlySet<string> = new Set(['SYN']);
const LATER: ReadonlySet<string> = new Set(['ACK']);

/** Before connection tracking, a packet counts as invalid (nf_ct_get). */
export function connectionState({ state }: Stranger, { tracking }: Journey): string {
  if (tracking === 'untracked') return 'untracked';
  return tracking === 'none' ? 'invalid' : state;
}

/** Whether the address is of this type (RTN_UNICAST and so on) by the host's routes. */
export function routeTypeIs(
  packet: Stranger,
  journey: Journey,
  what: 'source' | 'address',
  type: string,
): Truth {
  const address = what === 'source' ? packet.source : journey.address;
  if (address === undefined) return 'maybe';
  const way =
    what === 'address' && journey.translatedBy === undefined && packet.isRouted !== true
      ? 'local'
      : packet.routes.routeTo(packet.family, address);
  if (type === 'local') return way === undefined ? (what === 'source' ? 'no' : 'maybe') : is(way === 'local');
  if (type === 'unicast') {
    // Without a route back its type is UNREACHABLE, or none.
    return way === undefined ? 'maybe' : is(way !== 'local' && way !== 'none');
  }
  // A stranger's address belongs to a host elsewhere.
  if (type === 'broadcast' || type === 'multicast' || type === 'anycast') return 'no';
  return way === undefined || way === 'none' ? 'maybe' : 'no';
}

/** On a list that rules add sources to: not by its first packet. */
export function isListedByRules(packet: Stranger): Truth {
  packet.asked({ kind: 'earlier' });
  return packet.comesAgain ? 'maybe' : 'no';
}

/** Whether it has an option or extension header that a plain packet does not have. */
export function hasHeader(packet: Stranger): Truth {
  packet.asked({ kind: 'header' });
  return packet.isPlain ? 'no' : 'maybe';
}

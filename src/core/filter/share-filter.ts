import { MEMORABLE_DIVISORS } from '../tripwire/memorable-port.ts';
import { SHARE_MASK } from '../tripwire/port-share.ts';
import { NOT_OPENING, type Span, type Tripwires } from '../tripwire/tripwires.ts';
import { mergePorts } from './merge-ports.ts';

/**
 * Ports in use that the filter leaves out of the share, in ranges. Where they are more, tripwires between the nearest
 * of them are given up, so that no packet to a service passes.
 */
const MAX_EXEMPT_RANGES = 16;

/** Where the header of TCP or UDP begins behind the fixed header of IPv6. */
const IPV6_HEADER = 40;
const DESTINATION_PORT = '2:2';
const FLAGS = 13;

/**
 * Groups that pass the packets to the secret share of the ports and to the memorable ones. Of TCP only those that begin a connection, or belong
 * to none: a busy host has few of them, and most packets fail at the first question.
 */
export function renderShare(tripwires: Tripwires, ipv6: boolean): string[] {
  const groups: string[] = [];
  if (tripwires.shareSpans.length === 0) return groups;
  if (tripwires.tcp) {
    groups.push(group(tripwires, `tcp[${FLAGS}] & ${NOT_OPENING} = 0`, `tcp[${DESTINATION_PORT}]`));
    const at = `ip6[${IPV6_HEADER + FLAGS}]`;
    if (ipv6) groups.push(group(tripwires, `ip6[6] = 6 and ${at} & ${NOT_OPENING} = 0`, ipv6Port()));
  }
  if (tripwires.udp) {
    groups.push(group(tripwires, undefined, `udp[${DESTINATION_PORT}]`));
    if (ipv6) groups.push(group(tripwires, 'ip6[6] = 17', ipv6Port()));
  }
  return groups;
}

/** pcap-filter(7): `tcp[…]` and `udp[…]` read IPv4 alone. */
const ipv6Port = (): string => `ip6[${IPV6_HEADER + 2}:2]`;

function group(
  { share, shareSpans, exempt }: Tripwires,
  condition: string | undefined,
  port: string,
): string {
  const { multiplier, offset } = share;
  const inSpans = anyOf(shareSpans.map((span) => within(port, span)));
  const isWire = anyOf([
    `(${port} * ${multiplier} + ${offset}) & ${SHARE_MASK} = 0`,
    ...MEMORABLE_DIVISORS.map((divisor) => `${port} % ${divisor} = 0`),
  ]);
  const inUse = mergePorts(
    exempt.filter((one) => shareSpans.some(({ first, last }) => first <= one && one <= last)),
    MAX_EXEMPT_RANGES,
  );
  const conditions = [
    ...(condition === undefined ? [] : [condition]),
    inSpans,
    isWire,
    ...(inUse.length === 0 ? [] : [`not ${anyOf(inUse.map((span) => within(port, span)))}`]),
  ];
  return `(${conditions.join(' and ')})`;
}

function within(port: string, { first, last }: Span): string {
  return first === last ? `${port} = ${first}` : `(${port} >= ${first} and ${port} <= ${last})`;
}

const anyOf = (terms: readonly string[]): string => `(${terms.join(' or ')})`;

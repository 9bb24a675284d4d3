import { ANSWERING, type DecoyPorts, type Span } from '../decoy/decoy-ports.ts';
import { MEMORABLE_DIVISORS } from '../decoy/memorable-port.ts';
import { SHARE_MASK } from '../decoy/port-share.ts';
import type { FlagRule } from '../net/tcp-flags.ts';
import { mergePorts } from './merge-ports.ts';

/**
 * Ranges of used ports that the filter excludes from the share. Beyond, decoy ports between the nearest ones are given
 * up, so that no packet to a service passes.
 */
const MAX_EXEMPT_RANGES = 16;

/** Offset of the TCP or UDP header after the fixed IPv6 header. */
const IPV6_HEADER = 40;
const DESTINATION_PORT = '2:2';
const FLAGS = 13;

/**
 * Groups that pass packets to the secret share and to the memorable ports: TCP packets that meet one of the rules, or
 * all without rules. If a door requires SYN, most packets of a busy host fail at the first check.
 */
export function renderShare(decoys: DecoyPorts, rules: readonly FlagRule[], ipv6: boolean): string[] {
  const groups: string[] = [];
  const { shareSpans, openingSpans } = decoys;
  if (decoys.tcp) {
    const tcp = (flags: string, port: string, more: readonly string[]): void => {
      const meets = rules.map(({ mask, value }) => `${flags} & ${mask} = ${value}`);
      const conditions = [...more, ...(meets.length === 0 ? [] : [anyOf(meets)])];
      groups.push(...group(decoys, shareSpans, conditions, port));
      groups.push(...group(decoys, openingSpans, [...conditions, `${flags} & ${ANSWERING} = 0`], port));
    };
    tcp(`tcp[${FLAGS}]`, `tcp[${DESTINATION_PORT}]`, []);
    if (ipv6) tcp(`ip6[${IPV6_HEADER + FLAGS}]`, ipv6Port(), ['ip6[6] = 6']);
  }
  if (decoys.udp) {
    groups.push(...group(decoys, shareSpans, [], `udp[${DESTINATION_PORT}]`));
    if (ipv6) groups.push(...group(decoys, shareSpans, ['ip6[6] = 17'], ipv6Port()));
  }
  return groups;
}

/** pcap-filter(7): `tcp[…]` and `udp[…]` only read IPv4. */
const ipv6Port = (): string => `ip6[${IPV6_HEADER + 2}:2]`;

function group(
  { share, exempt }: DecoyPorts,
  spans: readonly Span[],
  conditions: readonly string[],
  port: string,
): string[] {
  if (spans.length === 0) return [];
  const { multiplier, offset } = share;
  const isWire = anyOf([
    `(${port} * ${multiplier} + ${offset}) & ${SHARE_MASK} = 0`,
    ...MEMORABLE_DIVISORS.map((divisor) => `${port} % ${divisor} = 0`),
  ]);
  const inUse = mergePorts(
    exempt.filter((one) => spans.some(({ first, last }) => first <= one && one <= last)),
    MAX_EXEMPT_RANGES,
  );
  const terms = [
    ...conditions,
    anyOf(spans.map((span) => within(port, span))),
    isWire,
    ...(inUse.length === 0 ? [] : [`not ${anyOf(inUse.map((span) => within(port, span)))}`]),
  ];
  return [`(${terms.join(' and ')})`];
}

function within(port: string, { first, last }: Span): string {
  return first === last ? `${port} = ${first}` : `(${port} >= ${first} and ${port} <= ${last})`;
}

const anyOf = (terms: readonly string[]): string => `(${terms.join(' or ')})`;

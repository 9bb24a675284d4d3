import { isTranslated } from './iptables-conntrack.ts';
import type { Journey, Stranger } from './journey.ts';
import { type Json, list, record } from './json.ts';
import { NUMBERS, type ValueType } from './nft-value.ts';
import { connectionState, interfaceIs, protocolNumber, tcpFlagsOf } from './packet-fields.ts';

/** A field's value in the packet. `lacking`: absent, so that the rule does not match. */
export type Field =
  | {
      readonly kind: 'number';
      readonly value: number;
      readonly naming: ValueType;
      readonly isPort?: 'source' | 'address';
    }
  /** Only these bits are known. */
  | { readonly kind: 'bits'; readonly value: number; readonly known: number; readonly naming: ValueType }
  | { readonly kind: 'source' }
  | { readonly kind: 'address'; readonly value: bigint }
  | { readonly kind: 'interface'; readonly name: string }
  | { readonly kind: 'route-type'; readonly what: 'source' | 'address' }
  | { readonly kind: 'word'; readonly word: string }
  | { readonly kind: 'lacking' | 'unknown' };

const UNKNOWN: Field = { kind: 'unknown' };
const LACKING: Field = { kind: 'lacking' };
const number = (value: number | undefined, naming: ValueType = 'none'): Field =>
  value === undefined ? UNKNOWN : { kind: 'number', value, naming };

export function fieldOf(left: Json, packet: Stranger, journey: Journey): Field {
  const payload = record(left.payload);
  if (payload !== undefined) return payloadOf(payload, packet, journey);
  const meta = record(left.meta);
  if (meta !== undefined) return metaOf(String(meta.key), packet, journey);
  const ct = record(left.ct);
  if (ct !== undefined) return connectionOf(ct, packet, journey);
  const fib = record(left.fib);
  if (fib !== undefined) return routeOf(fib, packet, journey);
  // A stranger has no IPsec with this host.
  if (record(left.rt)?.key === 'ipsec') return number(0);
  const extension = record(left.exthdr) ?? record(left['ip option']);
  if (extension === undefined) return UNKNOWN;
  packet.asked({ kind: 'header' });
  if (!packet.isPlain) return UNKNOWN;
  return extension.field === undefined ? number(0) : LACKING;
}

function payloadOf({ protocol, field }: Json, packet: Stranger, journey: Journey): Field {
  if (protocol === 'ip' || protocol === 'ip6') {
    if ((protocol === 'ip') !== (packet.family === 4)) return LACKING;
    if (field === 'saddr') return { kind: 'source' };
    if (field === 'daddr')
      return journey.address === undefined ? UNKNOWN : { kind: 'address', value: journey.address };
    if (field === 'protocol' || field === 'nexthdr') return number(protocolNumber(packet), 'l4');
    return field === 'version' ? number(packet.family) : UNKNOWN;
  }
  if (protocol === 'ether' && field === 'type') return number(packet.family === 4 ? 0x800 : 0x86dd, 'ether');
  if (protocol === 'ether' || protocol === undefined) return UNKNOWN;
  if (protocol === 'vlan' || protocol === 'arp') return UNKNOWN;
  if (protocol !== 'th' && protocol !== packet.protocol) return LACKING;
  if (field === 'dport')
    return journey.port === undefined
      ? UNKNOWN
      : { kind: 'number', value: journey.port, naming: 'none', isPort: 'address' };
  if (field === 'sport')
    return { kind: 'number', value: packet.sourcePort, naming: 'none', isPort: 'source' };
  if (field !== 'flags') return UNKNOWN;
  const flags = [...(tcpFlagsOf(packet) ?? [])].map((name) => NUMBERS.flags[name.toLowerCase()] ?? 0);
  return number(
    flags.reduce((sum, one) => sum | one, 0),
    'flags',
  );
}

function metaOf(key: string, packet: Stranger, journey: Journey): Field {
  switch (key) {
    case 'iif':
    case 'iifname':
      return { kind: 'interface', name: packet.interface };
    case 'oif':
    case 'oifname':
      return journey.output === undefined
        ? journey.hook === 'forward'
          ? UNKNOWN
          : LACKING
        : { kind: 'interface', name: journey.output };
    case 'l4proto':
      return number(protocolNumber(packet), 'l4');
    case 'nfproto':
      return number(NUMBERS.nfproto[packet.family === 4 ? 'ipv4' : 'ipv6'], 'nfproto');
    case 'protocol':
      return number(packet.family === 4 ? 0x800 : 0x86dd, 'ether');
    case 'mark':
      return number(journey.mark);
    case 'pkttype':
      return { kind: 'word', word: packet.interface === 'lo' ? 'loopback' : 'host' };
    case 'ipsec':
    case 'secpath':
      return number(0);
    case 'skuid':
    case 'skgid':
      return LACKING;
    default:
      return UNKNOWN;
  }
}

/** net/netfilter/nft_ct.c: without a connection there is a state, and nothing else. */
function connectionOf({ key, dir }: Json, packet: Stranger, journey: Journey): Field {
  if (key === 'state') return number(NUMBERS.state[connectionState(packet, journey)], 'state');
  if (journey.tracking !== 'tracked') return LACKING;
  const isOriginal = dir === undefined || dir === 'original';
  switch (key) {
    case 'mark':
      return number(journey.connectionMark);
    case 'direction':
      return { kind: 'word', word: 'original' };
    case 'status':
      return statusOf(packet, journey);
    case 'helper':
      return { kind: 'word', word: '' };
    case 'l3proto':
      return number(packet.family === 4 ? 2 : 10, 'nfproto');
    case 'protocol':
      return number(protocolNumber(packet), 'l4');
    case 'proto-dst':
      return isOriginal ? { kind: 'number', value: packet.port, naming: 'none', isPort: 'address' } : UNKNOWN;
    case 'proto-src':
      return isOriginal
        ? { kind: 'number', value: packet.sourcePort, naming: 'none', isPort: 'source' }
        : UNKNOWN;
    case 'saddr':
    case 'ip saddr':
    case 'ip6 saddr':
      return isOriginal ? (otherFamily(key, packet) ?? { kind: 'source' }) : UNKNOWN;
    case 'daddr':
    case 'ip daddr':
    case 'ip6 daddr':
      return isOriginal ? (otherFamily(key, packet) ?? { kind: 'address', value: packet.address }) : UNKNOWN;
    default:
      return UNKNOWN;
  }
}

function otherFamily(key: string, { family }: Stranger): Field | undefined {
  const asked = /^ip6? /.exec(key)?.[0];
  return asked !== undefined && (asked === 'ip6 ') !== (family === 6) ? LACKING : undefined;
}

/** For a new connection, which the kernel confirms if nothing drops its first packet (__nf_conntrack_confirm). */
function statusOf(packet: Stranger, journey: Journey): Field {
  const translated = isTranslated(packet, journey);
  const { expected = 0, assured = 0, confirmed = 0, dying = 0, dnat = 0, snat = 0 } = NUMBERS.status;
  const known =
    packet.state === 'established'
      ? expected | confirmed | dying
      : expected | (NUMBERS.status['seen-reply'] ?? 0) | assured | confirmed | dying | dnat | snat;
  const value = translated === 'yes' ? dnat : 0;
  return { kind: 'bits', value: packet.state === 'new' ? value : value | confirmed, known, naming: 'status' };
}

function routeOf({ result, flags }: Json, packet: Stranger, journey: Journey): Field {
  const asked = list(flags).concat(typeof flags === 'string' ? [flags] : []);
  const what = asked.includes('saddr') ? 'source' : 'address';
  if (result === 'type') return { kind: 'route-type', what };
  if (asked.includes('mark') && journey.mark !== 0) return UNKNOWN;
  const target = what === 'source' ? packet.source : journey.address;
  const way = target === undefined ? undefined : packet.routes.routeTo(packet.family, target);
  if (way === undefined) return UNKNOWN;
  const isFound = way !== 'none' && (!asked.includes('iif') || way === packet.interface);
  if (way === 'local') return UNKNOWN;
  return isFound ? { kind: 'interface', name: way } : { kind: 'interface', name: '' };
}

export const isNamed = (name: string, pattern: string): boolean =>
  name !== '' && interfaceIs(name, pattern, '*');

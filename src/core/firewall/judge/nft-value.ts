import { parseAddress } from '../../net/address.ts';
import { addressNumber, between, type IpRange, parseIpRange, prefixRange } from './ip-range.ts';
import { list, record } from './json.ts';

/** Numbers of the names that nft(8) prints. Other names are not protocols of packets here. */
const L4: Readonly<Record<string, number>> = {
  icmp: 1,
  igmp: 2,
  tcp: 6,
  udp: 17,
  dccp: 33,
  gre: 47,
  esp: 50,
  ah: 51,
  'ipv6-icmp': 58,
  icmpv6: 58,
  sctp: 132,
  udplite: 136,
};
/** include/net/netfilter/nf_conntrack.h: NF_CT_STATE_BIT of each. */
const STATES: Readonly<Record<string, number>> = {
  invalid: 1,
  established: 2,
  related: 4,
  new: 8,
  untracked: 64,
};
/** linux/netfilter/nf_conntrack_common.h, enum ip_conntrack_status. */
const STATUSES: Readonly<Record<string, number>> = {
  expected: 1,
  'seen-reply': 2,
  assured: 4,
  confirmed: 8,
  snat: 16,
  dnat: 32,
  dying: 512,
};
const TCP_FLAGS: Readonly<Record<string, number>> = {
  fin: 1,
  syn: 2,
  rst: 4,
  psh: 8,
  ack: 16,
  urg: 32,
  ecn: 64,
  cwr: 128,
};
const NFPROTO: Readonly<Record<string, number>> = { ipv4: 2, ipv6: 10 };
const ETHER: Readonly<Record<string, number>> = {
  ip: 0x800,
  ip6: 0x86dd,
  arp: 0x806,
  vlan: 0x8100,
  '8021q': 0x8100,
};

export const NUMBERS = {
  l4: L4,
  state: STATES,
  status: STATUSES,
  flags: TCP_FLAGS,
  nfproto: NFPROTO,
  ether: ETHER,
  none: {},
} as const;

export type ValueType = keyof typeof NUMBERS;

/** `undefined`: it is not understood. A name without a number is one that no packet here has. */
export function numberOf(value: unknown, naming: ValueType): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'string') {
    const named = NUMBERS[naming] as Readonly<Record<string, number>>;
    if (value in named) return named[value];
    if (/^(?:0x[0-9a-f]+|[0-9]+)$/i.test(value)) return Number(value);
    return naming === 'none' ? undefined : -1;
  }
  const parts = Array.isArray(value) ? value : list(record(value)?.['|']);
  if (parts.length === 0) return undefined;
  const numbers = parts.map((part) => numberOf(part, naming));
  return numbers.some((one) => one === undefined || one < 0)
    ? undefined
    : numbers.reduce<number>((sum, one) => sum | (one ?? 0), 0);
}

export function addressRangeOf(value: unknown): IpRange | undefined {
  if (typeof value === 'string') return parseIpRange(value);
  const prefix = record(record(value)?.prefix);
  if (prefix !== undefined) {
    const address = parseAddress(String(prefix.addr));
    if (address === undefined) return undefined;
    return prefixRange(address.includes(':') ? 6 : 4, addressNumber(address), Number(prefix.len));
  }
  const [first, last] = list(record(value)?.range);
  return between(parseAddress(String(first)), parseAddress(String(last)));
}

import { type Address, type Family, parseAddress } from '../../net/address.ts';
import { addressNumber, addressOf, bitsOf, type IpRange, parseIpRange } from './ip-range.ts';

/** Where a stranger's packets come from. */
export type Origin = {
  readonly address: bigint;
  /** An ordinary address somewhere on the Internet that no rule names individually. */
  readonly isGeneral: boolean;
  readonly name: string;
};

/** One of those that systems choose themselves (RFC 6335, dynamic ports). */
export const GENERAL_PORT = 53_187;

/** One in each region of the Internet's registries: inconspicuous ones that no rule names. */
const STRANGERS: Readonly<Record<Family, readonly Address[]>> = {
  4: [
    '5.39.211.173',
    '45.33.114.91',
    '93.184.77.203',
    '130.244.131.59',
    '177.54.149.213',
    '203.9.187.61',
  ].map(known),
  6: [
    '2001:4ca0:7b1d:93::5a7',
    '2400:8902:61c7:2::d3b',
    '2600:3c03:5e2f:81::9c5',
    '2804:14d:72a3:4::6f1',
    '2a01:4f8:c17b:d2::e83',
    '2c0f:f248:3d95:7::b29',
  ].map(known),
};

function known(text: string): Address {
  const address = parseAddress(text);
  if (address === undefined) throw new Error(`not an address: ${text}`);
  return address;
}

/**
 * A range of at least this many addresses counts as part of the Internet: a /8 of IPv4, or a /20 of IPv6, the size of a
 * country or more.
 */
const PART_OF_THE_WORLD: Readonly<Record<Family, bigint>> = { 4: 1n << 24n, 6: 1n << 108n };

/** Addresses that no stranger on the Internet has: IANA's registries of special-purpose addresses, and multicast. */
const SPECIAL = (
  '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.168.0.0/16 ' +
  '198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/3'
)
  .split(' ')
  .map(parseIpRange);
/** RFC 4291: global unicast. */
const GLOBAL6 = parseIpRange('2000::/3');

export function strangersOf(family: Family): readonly Origin[] {
  return STRANGERS[family].map((address) => ({
    address: addressNumber(address),
    isGeneral: true,
    name: address,
  }));
}

/** Whether a rule names this stranger's address or network individually. */
export function isNamed({ address }: Origin, ranges: readonly IpRange[]): boolean {
  return ranges.some((range) => address >= range.first && address <= range.last && !isLarge(range));
}

const isLarge = ({ family, first, last }: IpRange): boolean => last - first + 1n >= PART_OF_THE_WORLD[family];

/** BOUNDED: parts of the Internet that are told apart. */
const MAX_PARTS = 64;

/** One address in each part of the Internet that these ranges distinguish, the largest part first. */
export function someAddresses(family: Family, ranges: readonly IpRange[]): Origin[] {
  const own = ranges.filter((range) => range.family === family);
  const cuts = own.flatMap(({ first, last }) => [first, last + 1n]);
  const points = [...new Set([0n, ...cuts, 1n << BigInt(bitsOf(family))])].sort((a, b) => (a < b ? -1 : 1));
  const parts = points
    .slice(1)
    .map((end, index): IpRange => ({ family, first: points[index] ?? 0n, last: end - 1n }));
  return parts
    .sort((a, b) => (a.last - a.first > b.last - b.first ? -1 : 1))
    .slice(0, MAX_PARTS)
    .map((range) => {
      const address = insideOf(range);
      return { address, isGeneral: isPartOfWorld(range, address), name: renderRange(range) };
    });
}

/** Not the first address, which may be the network's own. */
function insideOf({ family, first, last }: IpRange): bigint {
  const middle = first + (last - first) / 2n + (last > first ? 1n : 0n);
  const candidates = [middle, first + (last - first) / 3n, last - (last - first) / 5n, last];
  return candidates.find((one) => isGlobal(family, one)) ?? middle;
}

function isPartOfWorld(range: IpRange, address: bigint): boolean {
  return isLarge(range) && isGlobal(range.family, address);
}

function isGlobal(family: Family, address: bigint): boolean {
  const isIn = (range: IpRange | undefined): boolean =>
    range !== undefined && address >= range.first && address <= range.last;
  return family === 6 ? isIn(GLOBAL6) : !SPECIAL.some(isIn);
}

function renderRange({ family, first, last }: IpRange): string {
  const size = last - first + 1n;
  const from = addressOf(family, first);
  if (size === 1n) return from;
  const length = bitsOf(family) - (size.toString(2).length - 1);
  const isPrefix = (size & (size - 1n)) === 0n && first % size === 0n;
  return isPrefix ? `${from}/${length}` : `${from}-${addressOf(family, last)}`;
}

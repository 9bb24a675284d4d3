import {
  type Address,
  addressWords,
  type Family,
  familyOf,
  parseAddress,
  renderAddress,
  unmapped,
} from './address.ts';

/** All addresses of one family that share their first `length` bits with `base`, whose other bits are 0. */
export type Prefix = { readonly base: Address; readonly length: number };

const WIDTH = { 4: 32, 6: 128 } as const satisfies Record<Family, number>;

/**
 * `192.0.2.0/24`, `2001:db8::/32`, or one address. `undefined` for anything else, and if bits are set after its length.
 */
export function parsePrefix(text: string): Prefix | undefined {
  const slash = text.indexOf('/');
  const base = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (base === undefined) return undefined;
  const width = WIDTH[familyOf(base)];
  if (slash < 0) return { base, length: width };
  const digits = text.slice(slash + 1);
  if (!/^(0|[1-9][0-9]{0,2})$/.test(digits) || Number(digits) > width) return undefined;
  const length = Number(digits);
  return bitsBehind(base, length) ? undefined : { base, length };
}

/** IPv4 networks written as IPv4-mapped IPv6, as IPv4: packets never have a mapped source. Others stay unchanged. */
export function unmappedPrefix(prefix: Prefix): Prefix {
  const base = unmapped(prefix.base);
  if (base === prefix.base) return prefix;
  const cut = WIDTH[6] - WIDTH[4];
  return prefix.length < cut ? prefix : { base, length: prefix.length - cut };
}

/** The prefix of this single address. */
export const addressPrefix = (base: Address): Prefix => ({ base, length: WIDTH[familyOf(base)] });

/** Number of bits of an address of this family. */
export const prefixWidth = (address: Address): number => WIDTH[familyOf(address)];

export function renderPrefix({ base, length }: Prefix): string {
  return length === WIDTH[familyOf(base)] ? base : `${base}/${length}`;
}

/** The mask of an IPv6 prefix of this length, as an address: `ffff:ffff:ffff:ffff::` for 64. */
export function prefixMask6(length: number): Address {
  const word = (i: 0 | 1 | 2 | 3): number => wordMask(6, length, i) >>> 0;
  return renderAddress(6, word(0), word(1), word(2), word(3));
}

/** The prefix of this length that includes the address. */
export function prefixAround(address: Address, length: number): Prefix {
  const family = familyOf(address);
  const words = addressWords(address);
  const word = (i: 0 | 1 | 2 | 3): number => (words[i] & wordMask(family, length, i)) >>> 0;
  return { base: renderAddress(family, word(0), word(1), word(2), word(3)), length };
}

export function prefixHas({ base, length }: Prefix, address: Address): boolean {
  const family = familyOf(base);
  if (family !== familyOf(address)) return false;
  const a = addressWords(base);
  const b = addressWords(address);
  return a.every((word, i) => ((word ^ (b[i] as number)) & wordMask(family, length, i)) === 0);
}

function bitsBehind(base: Address, length: number): boolean {
  return addressWords(base).some((word, i) => (word & ~wordMask(familyOf(base), length, i)) !== 0);
}

/** The bits of word `index` that the prefix covers. An IPv4 address is in the last of the four words. */
export function wordMask(family: Family, length: number, index: number): number {
  const before = family === 4 ? 96 : 0;
  const bits = Math.min(32, Math.max(0, length + before - index * 32));
  return bits === 0 ? 0 : -1 << (32 - bits);
}

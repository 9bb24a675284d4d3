import { type Address, addressWords, familyOf } from '../net/address.ts';

/**
 * Whether NAT may change this source address: private (RFC 1918), carrier-grade (RFC 6598), IPv4 translation in IPv6
 * (RFC 7335), local (RFC 4193, RFC 4291, RFC 3927) or loopback.
 */
export function mayBeTranslated(source: Address): boolean {
  const [first, , , last] = addressWords(source);
  if (familyOf(source) === 6)
    return (first & 0xfe00_0000) >>> 0 === 0xfc00_0000 || isLinkLocal6(first) || source === '::1';
  return PRIVATE.some(([network, bits]) => last >>> (32 - bits) === network >>> (32 - bits));
}

const isLinkLocal6 = (first: number): boolean => (first & 0xffc0_0000) >>> 0 === 0xfe80_0000;

/** Networks as words, with their lengths. */
const PRIVATE = [
  [0x0a00_0000, 8],
  [0xac10_0000, 12],
  [0xc0a8_0000, 16],
  [0x6440_0000, 10],
  [0xc000_0000, 24],
  [0xa9fe_0000, 16],
  [0x7f00_0000, 8],
] as const;

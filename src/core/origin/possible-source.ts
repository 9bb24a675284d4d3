import type { Family } from '../net/address.ts';

/** RFC 1122 section 3.2.1.3: "this network", loopback; from 224 on multicast, reserved, limited broadcast. */
const THIS_NETWORK = 0;
const LOOPBACK = 127;
const FIRST_MULTICAST = 224;

/** RFC 4291 section 2.7; section 2.5.5.2: an IPv4-mapped address, which no IPv6 packet carries. */
const IPV6_MULTICAST = 0xff;
const MAPPED_WORD = 0xffff;

/** Whether the address never leaves a host: 127.0.0.0/8, `::1`. */
export function isLoopback(family: Family, w0: number, w1: number, w2: number, w3: number): boolean {
  if (family === 4) return w3 >>> 24 === LOOPBACK;
  return w0 === 0 && w1 === 0 && w2 === 0 && w3 === 1;
}

/**
 * Whether any host could have sent a packet from this address. `isInward`: it arrived on the host's own loopback, where
 * loopback addresses are valid.
 */
export function isPossibleSource(
  family: Family,
  w0: number,
  w1: number,
  w2: number,
  w3: number,
  isInward: boolean,
): boolean {
  if (family === 4) {
    const first = w3 >>> 24;
    if (first === LOOPBACK) return isInward;
    return first !== THIS_NETWORK && first < FIRST_MULTICAST;
  }
  if (w0 >>> 24 === IPV6_MULTICAST) return false;
  if (w0 !== 0 || w1 !== 0) return true;
  // RFC 4291 section 2.5.2 and following: `::`, `::1`, and the deprecated IPv4-compatible addresses.
  if (w2 === 0) return w3 === 1 && isInward;
  return w2 !== MAPPED_WORD;
}

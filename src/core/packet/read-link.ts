/** Link types of capture files (https://www.tcpdump.org/linktypes.html) whose frames carry IP packets. */
export const LINK_TYPE = {
  null: 0,
  ethernet: 1,
  ppp: 9,
  /** Raw IP under the number of DLT_RAW on some systems. */
  raw12: 12,
  raw14: 14,
  raw: 101,
  loop: 108,
  linuxSll: 113,
  ipv4: 228,
  ipv6: 229,
  linuxSll2: 276,
} as const;

const NO_PACKET = -1;

// IEEE 802 numbers (IANA "EtherTypes").
const ETHER_IPV4 = 0x0800;
const ETHER_IPV6 = 0x86dd;
const ETHER_VLAN = 0x8100;
const ETHER_QINQ = 0x88a8;
const ETHER_QINQ_OLD = 0x9100;

/** More tags than any network uses. A frame with more is not read. */
const MAX_VLAN_TAGS = 4;

// IANA "PPP DLL Protocol Numbers".
const PPP_IPV4 = 0x0021;
const PPP_IPV6 = 0x0057;

const SLL2_HEADER = 20;

/** Whether `readLink` supports this link type, whose frames can carry IP. */
export function isKnownLinkType(linkType: number): boolean {
  return Object.values<number>(LINK_TYPE).includes(linkType);
}

/**
 * Offset of the IP packet in a frame of this link type; -1: there is none. The packet reader checks whether the IP
 * header is complete. Never throws, never allocates.
 */
export function readLink(linkType: number, frame: Uint8Array): number {
  switch (linkType) {
    case LINK_TYPE.ethernet:
      return readEtherType(frame, 12);
    case LINK_TYPE.linuxSll:
      return readEtherType(frame, 14);
    case LINK_TYPE.linuxSll2:
      return readSll2(frame);
    case LINK_TYPE.raw:
    case LINK_TYPE.raw12:
    case LINK_TYPE.raw14:
      return frame.length > 0 ? 0 : NO_PACKET;
    case LINK_TYPE.ipv4:
      return hasVersion(frame, 4) ? 0 : NO_PACKET;
    case LINK_TYPE.ipv6:
      return hasVersion(frame, 6) ? 0 : NO_PACKET;
    case LINK_TYPE.null:
    case LINK_TYPE.loop:
      return readLoopback(frame);
    case LINK_TYPE.ppp:
      return readPpp(frame);
    default:
      return NO_PACKET;
  }
}

/** Reads the EtherType at `at`, followed by the packet. VLAN tags (IEEE 802.1Q clause 9) are skipped. */
function readEtherType(frame: Uint8Array, at: number): number {
  let type = word16(frame, at);
  let next = at + 2;
  for (let tags = 0; type === ETHER_VLAN || type === ETHER_QINQ || type === ETHER_QINQ_OLD; tags++) {
    if (tags === MAX_VLAN_TAGS) return NO_PACKET;
    type = word16(frame, next + 2);
    next += 4;
  }
  return (type === ETHER_IPV4 || type === ETHER_IPV6) && next < frame.length ? next : NO_PACKET;
}

/** LINKTYPE_LINUX_SLL2: the protocol comes first, the packet after the header. A tag is part of the payload. */
function readSll2(frame: Uint8Array): number {
  const type = word16(frame, 0);
  if (type === ETHER_IPV4 || type === ETHER_IPV6) return frame.length > SLL2_HEADER ? SLL2_HEADER : NO_PACKET;
  if (type !== ETHER_VLAN && type !== ETHER_QINQ && type !== ETHER_QINQ_OLD) return NO_PACKET;
  return readEtherType(frame, SLL2_HEADER + 2);
}

/**
 * LINKTYPE_NULL: 4 bytes of address family in the byte order of the writer; LINKTYPE_LOOP: in network byte order.
 * Families are small numbers, so the order is recognizable. Linux, the BSDs and Darwin number IPv6 differently.
 */
function readLoopback(frame: Uint8Array): number {
  if (frame.length <= 4) return NO_PACKET;
  const big = word16(frame, 0) === 0 ? word16(frame, 2) : NO_PACKET;
  const little = word16(frame, 2) === 0 ? (byte(frame, 1) << 8) | byte(frame, 0) : NO_PACKET;
  return isIpFamily(big) || isIpFamily(little) ? 4 : NO_PACKET;
}

function isIpFamily(family: number): boolean {
  // AF_INET; AF_INET6 of Linux, NetBSD and OpenBSD, FreeBSD, Darwin.
  return family === 2 || family === 10 || family === 24 || family === 28 || family === 30;
}

/**
 * RFC 1661 section 2, RFC 1662 section 3.1: address and control may be omitted, and so may the protocol's zero byte.
 */
function readPpp(frame: Uint8Array): number {
  const at = word16(frame, 0) === 0xff03 ? 2 : 0;
  // A protocol's first byte is even, its last is odd: an odd first byte is a compressed protocol.
  const compressed = (byte(frame, at) & 1) === 1;
  const protocol = compressed ? byte(frame, at) : word16(frame, at);
  const next = at + (compressed ? 1 : 2);
  return (protocol === PPP_IPV4 || protocol === PPP_IPV6) && next < frame.length ? next : NO_PACKET;
}

function hasVersion(frame: Uint8Array, version: number): boolean {
  return frame.length > 0 && byte(frame, 0) >>> 4 === version;
}

/** 0 beyond the end, which is no EtherType and no protocol. */
const byte = (frame: Uint8Array, at: number): number => (at < frame.length ? (frame[at] as number) : 0);

const word16 = (frame: Uint8Array, at: number): number => (byte(frame, at) << 8) | byte(frame, at + 1);

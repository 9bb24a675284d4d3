import { TCP_FLAGS_MASK } from '../net/tcp-flags.ts';
import type { Packet } from './packet.ts';

/** The result of reading; everything but `packet` is ignored. A number, so that hostile bytes cost nothing. */
export const READING = {
  packet: 0,
  /** Shorter than its headers say, or with an impossible length. */
  truncated: 1,
  /** Neither IPv4 nor IPv6. */
  notIp: 2,
  /** Neither TCP nor UDP: only addresses, the protocol and the payload were read. */
  otherProtocol: 3,
  /** A first or later fragment: a knock fits into one packet. */
  fragment: 4,
  /** More IPv6 extension headers than `MAX_EXTENSION_HEADERS`, or one that hides what follows. */
  extensionHeaders: 5,
} as const;

export type Reading = (typeof READING)[keyof typeof READING];

const IPV4_HEADER = 20;
const IPV6_HEADER = 40;
/** Ports, sequence number and flags end at byte 14; a whole TCP header has 20. */
const TCP_HEADER = 20;
const UDP_HEADER = 8;

/** More than any honest packet carries: RFC 8200 section 4.1 lists six. */
const MAX_EXTENSION_HEADERS = 8;

/** IPv6 extension headers (IANA "IPv6 Extension Header Types") that are skipped. */
const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;
const AUTHENTICATION = 51;
const DESTINATION_OPTIONS = 60;

/**
 * Reads the IP packet in `bytes[start..end)` into `packet`. Never throws, never allocates, never reads beyond `end`.
 */
export function readPacket(bytes: Uint8Array, start: number, end: number, packet: Packet): Reading {
  if (end > bytes.length || start >= end) return READING.truncated;
  const version = byte(bytes, start) >>> 4;
  if (version === 4) return readIpv4(bytes, start, end, packet);
  if (version === 6) return readIpv6(bytes, start, end, packet);
  return READING.notIp;
}

/** RFC 791 section 3.1. */
function readIpv4(bytes: Uint8Array, start: number, end: number, packet: Packet): Reading {
  if (end - start < IPV4_HEADER) return READING.truncated;
  const headerLength = (byte(bytes, start) & 15) * 4;
  const totalLength = word16(bytes, start + 2);
  if (headerLength < IPV4_HEADER || totalLength < headerLength) return READING.truncated;
  // More fragments, or an offset: only the "don't fragment" and reserved bits may be set.
  if ((word16(bytes, start + 6) & 0x3fff) !== 0) return READING.fragment;
  packet.family = 4;
  packet.source0 = 0;
  packet.source1 = 0;
  packet.source2 = 0;
  packet.source3 = word32(bytes, start + 12);
  packet.destination0 = 0;
  packet.destination1 = 0;
  packet.destination2 = 0;
  packet.destination3 = word32(bytes, start + 16);
  return readTransport(bytes, start + headerLength, end, start + totalLength, byte(bytes, start + 9), packet);
}

/** RFC 8200 section 3. */
function readIpv6(bytes: Uint8Array, start: number, end: number, packet: Packet): Reading {
  if (end - start < IPV6_HEADER) return READING.truncated;
  packet.family = 6;
  packet.source0 = word32(bytes, start + 8);
  packet.source1 = word32(bytes, start + 12);
  packet.source2 = word32(bytes, start + 16);
  packet.source3 = word32(bytes, start + 20);
  packet.destination0 = word32(bytes, start + 24);
  packet.destination1 = word32(bytes, start + 28);
  packet.destination2 = word32(bytes, start + 32);
  packet.destination3 = word32(bytes, start + 36);
  const claimedEnd = start + IPV6_HEADER + word16(bytes, start + 4);
  const payloadEnd = Math.min(end, claimedEnd);
  let next = byte(bytes, start + 6);
  let offset = start + IPV6_HEADER;
  for (let i = 0; isExtensionHeader(next); i++) {
    if (i === MAX_EXTENSION_HEADERS) return READING.extensionHeaders;
    if (next === FRAGMENT) return READING.fragment;
    if (offset + 8 > payloadEnd) return READING.truncated;
    const length = extensionLength(next, byte(bytes, offset + 1));
    next = byte(bytes, offset);
    offset += length;
  }
  return readTransport(bytes, offset, end, claimedEnd, next, packet);
}

function isExtensionHeader(next: number): boolean {
  return (
    next === HOP_BY_HOP ||
    next === ROUTING ||
    next === FRAGMENT ||
    next === AUTHENTICATION ||
    next === DESTINATION_OPTIONS
  );
}

/** In bytes. Counted in 8-byte units without the first; the authentication header in 4-byte units less 2 (RFC 4302). */
function extensionLength(kind: number, field: number): number {
  return kind === AUTHENTICATION ? (field + 2) * 4 : (field + 1) * 8;
}

/**
 * `end`: the end of the captured bytes; `claimedEnd`: of the packet by its IP header. A capture may cut off TCP options
 * or a datagram's payload, which is accepted.
 */
function readTransport(
  bytes: Uint8Array,
  offset: number,
  end: number,
  claimedEnd: number,
  protocol: number,
  packet: Packet,
): Reading {
  const payloadEnd = Math.min(end, claimedEnd);
  if (protocol === 6) {
    // RFC 9293 section 3.1.
    if (offset + TCP_HEADER > payloadEnd) return READING.truncated;
    const headerLength = (byte(bytes, offset + 12) >>> 4) * 4;
    if (headerLength < TCP_HEADER || offset + headerLength > claimedEnd) return READING.truncated;
    packet.identity = word32(bytes, offset + 4);
    packet.flags = byte(bytes, offset + 13) & TCP_FLAGS_MASK;
    setPayload(packet, offset + headerLength, claimedEnd, end);
  } else if (protocol === 17) {
    // RFC 768.
    if (offset + UDP_HEADER > payloadEnd) return READING.truncated;
    const length = word16(bytes, offset + 4);
    if (length < UDP_HEADER || offset + length > claimedEnd) return READING.truncated;
    packet.identity = 0;
    packet.flags = 0;
    setPayload(packet, offset + UDP_HEADER, offset + length, end);
  } else {
    packet.protocol = protocol;
    packet.sourcePort = 0;
    packet.destinationPort = 0;
    packet.identity = 0;
    packet.flags = 0;
    setPayload(packet, offset, claimedEnd, end);
    return READING.otherProtocol;
  }
  packet.protocol = protocol;
  packet.sourcePort = word16(bytes, offset);
  packet.destinationPort = word16(bytes, offset + 2);
  return READING.packet;
}

/** `captured`: where the captured bytes end. */
function setPayload(packet: Packet, start: number, end: number, captured: number): void {
  const isWhole = start <= end && end <= captured;
  packet.payloadStart = isWhole ? start : 0;
  packet.payloadEnd = isWhole ? end : 0;
}

const byte = (bytes: Uint8Array, at: number): number => bytes[at] as number;

const word16 = (bytes: Uint8Array, at: number): number => (byte(bytes, at) << 8) | byte(bytes, at + 1);

const word32 = (bytes: Uint8Array, at: number): number =>
  ((byte(bytes, at) << 24) |
    (byte(bytes, at + 1) << 16) |
    (byte(bytes, at + 2) << 8) |
    byte(bytes, at + 3)) >>>
  0;

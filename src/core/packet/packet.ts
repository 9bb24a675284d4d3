import { type Address, type Family, renderAddress } from '../net/address.ts';

/**
 * The fields of a TCP or UDP packet that a knock consists of. One object is reused for all packets, so that a packet
 * allocates nothing; it is valid until the next read.
 */
export class Packet {
  family: Family = 4;
  /** Source and destination as 32-bit words, laid out as in `AddressWords`. */
  source0 = 0;
  source1 = 0;
  source2 = 0;
  source3 = 0;
  destination0 = 0;
  destination1 = 0;
  destination2 = 0;
  destination3 = 0;
  /** 6 or 17, as in the IP header. */
  protocol = 0;
  sourcePort = 0;
  destinationPort = 0;
  /** The six flags of a TCP header, 0 for UDP. */
  flags = 0;
  /**
   * Distinguishes packets with the same addresses and ports: TCP's sequence number; for UDP, which has none, the
   * nanoseconds of its arrival, set by the capture.
   */
  identity = 0;
  /** Where the payload is in the bytes read; both are 0 if a capture has cut it off. */
  payloadStart = 0;
  payloadEnd = 0;
}

export function packetSource(packet: Packet): Address {
  return renderAddress(packet.family, packet.source0, packet.source1, packet.source2, packet.source3);
}

export function packetDestination(packet: Packet): Address {
  return renderAddress(
    packet.family,
    packet.destination0,
    packet.destination1,
    packet.destination2,
    packet.destination3,
  );
}

import { type Address, addressWords, familyOf } from '../../src/core/net/address.ts';
import { PROTOCOL_NUMBER, type Protocol } from '../../src/core/net/protocol.ts';

/** What a packet on the wire says. For UDP, flags and sequence number mean nothing. */
export type FramePacket = {
  readonly source: Address;
  readonly destination: Address;
  readonly protocol: Protocol;
  readonly sourcePort: number;
  readonly port: number;
  readonly flags: number;
  readonly sequence: number;
};

export type Macs = { readonly source: string; readonly destination: string };

const ETHERNET = 14;

/** The packet as an Ethernet frame with every checksum right. */
export function renderFrame(packet: FramePacket, macs: Macs): Buffer {
  const ip = familyOf(packet.source) === 4 ? 20 : 40;
  const transport = packet.protocol === 'tcp' ? 20 : 9;
  const frame = Buffer.alloc(ETHERNET + ip + transport);
  frame.write(macs.destination.replaceAll(':', ''), 0, 'hex');
  frame.write(macs.source.replaceAll(':', ''), 6, 'hex');
  const network = frame.subarray(ETHERNET);
  const payload = network.subarray(ip);
  writeTransport(payload, packet);
  const checksumAt = packet.protocol === 'tcp' ? 16 : 6;
  payload.writeUInt16BE(transportChecksum(payload, packet), checksumAt);
  if (ip === 20) {
    frame.writeUInt16BE(0x0800, 12);
    writeIpv4(network, packet);
  } else {
    frame.writeUInt16BE(0x86dd, 12);
    writeIpv6(network, packet, transport);
  }
  return frame;
}

/** RFC 791 section 3.1. */
function writeIpv4(bytes: Buffer, packet: FramePacket): void {
  bytes[0] = 0x45;
  bytes.writeUInt16BE(bytes.length, 2);
  bytes.writeUInt16BE(packet.sequence & 0xffff, 4);
  bytes.writeUInt16BE(0x4000, 6);
  bytes[8] = 64;
  bytes[9] = PROTOCOL_NUMBER[packet.protocol];
  addressBytes(packet.source).copy(bytes, 12);
  addressBytes(packet.destination).copy(bytes, 16);
  bytes.writeUInt16BE(checksum(bytes.subarray(0, 20)), 10);
}

/** RFC 8200 section 3. */
function writeIpv6(bytes: Buffer, packet: FramePacket, payloadLength: number): void {
  bytes[0] = 0x60;
  bytes.writeUInt16BE(payloadLength, 4);
  bytes[6] = PROTOCOL_NUMBER[packet.protocol];
  bytes[7] = 64;
  addressBytes(packet.source).copy(bytes, 8);
  addressBytes(packet.destination).copy(bytes, 24);
}

function writeTransport(bytes: Buffer, packet: FramePacket): void {
  bytes.writeUInt16BE(packet.sourcePort, 0);
  bytes.writeUInt16BE(packet.port, 2);
  if (packet.protocol === 'udp') {
    bytes.writeUInt16BE(bytes.length, 4);
    return;
  }
  bytes.writeUInt32BE(packet.sequence, 4);
  bytes[12] = 5 << 4;
  bytes[13] = packet.flags;
  bytes.writeUInt16BE(64_240, 14);
}

/** RFC 9293 section 3.1, RFC 8200 section 8.1: over a pseudo header as well. */
function transportChecksum(bytes: Buffer, packet: FramePacket): number {
  const tail = Buffer.alloc(4);
  tail.writeUInt16BE(bytes.length, 0);
  tail.writeUInt16BE(PROTOCOL_NUMBER[packet.protocol], 2);
  const padding = Buffer.alloc(bytes.length % 2);
  const sum = checksum(
    Buffer.concat([addressBytes(packet.source), addressBytes(packet.destination), tail, bytes, padding]),
  );
  return packet.protocol === 'udp' && sum === 0 ? 0xffff : sum;
}

/** RFC 1071, over an even number of bytes. */
function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += bytes.readUInt16BE(i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function addressBytes(address: Address): Buffer {
  const bytes = Buffer.alloc(16);
  for (const [i, word] of addressWords(address).entries()) bytes.writeUInt32BE(word, i * 4);
  return familyOf(address) === 4 ? bytes.subarray(12) : bytes;
}

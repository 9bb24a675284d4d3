import { type Address, addressWords } from '../../src/core/net/address.ts';
import type { Macs } from './frame.ts';

const ETHERNET = 14;
const IPV4 = 20;
const UDP = 8;

/** A datagram over IPv4 as an Ethernet frame, its UDP checksum left out (RFC 768). */
export function payloadFrame(
  { source, destination, port }: { source: Address; destination: Address; port: number },
  payload: Uint8Array,
  macs: Macs,
): Buffer {
  const frame = Buffer.alloc(ETHERNET + IPV4 + UDP + payload.length);
  frame.write(macs.destination.replaceAll(':', ''), 0, 'hex');
  frame.write(macs.source.replaceAll(':', ''), 6, 'hex');
  frame.writeUInt16BE(0x0800, 12);
  const ip = frame.subarray(ETHERNET);
  ip[0] = 0x45;
  ip.writeUInt16BE(ip.length, 2);
  ip.writeUInt16BE(0x4000, 6);
  ip[8] = 64;
  ip[9] = 17;
  ip.writeUInt32BE(addressWords(source)[3], 12);
  ip.writeUInt32BE(addressWords(destination)[3], 16);
  let sum = 0;
  for (let at = 0; at < IPV4; at += 2) sum += ip.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  ip.writeUInt16BE(~sum & 0xffff, 10);
  ip.writeUInt16BE(40_000, IPV4);
  ip.writeUInt16BE(port, IPV4 + 2);
  ip.writeUInt16BE(UDP + payload.length, IPV4 + 4);
  ip.set(payload, IPV4 + UDP);
  return frame;
}

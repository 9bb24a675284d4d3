import { type Address, addressWords } from '../../../core/net/address.ts';
import { PROTOCOL_NUMBER } from '../../../core/net/protocol.ts';

const IPV4 = 20;
const UDP = 8;
const SOURCE_PORT = 40_000;

/**
 * A UDP datagram over IPv4, starting at its IP header (RFC 791, RFC 768). Checksums are left out: nothing checks them
 * here.
 */
export function renderDatagram(
  source: Address,
  destination: Address,
  port: number,
  payload: Uint8Array,
): Uint8Array {
  const bytes = new Uint8Array(IPV4 + UDP + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, 0x45);
  view.setUint16(2, bytes.length);
  view.setUint8(8, 64);
  view.setUint8(9, PROTOCOL_NUMBER.udp);
  view.setUint32(12, addressWords(source)[3]);
  view.setUint32(16, addressWords(destination)[3]);
  view.setUint16(IPV4, SOURCE_PORT);
  view.setUint16(IPV4 + 2, port);
  view.setUint16(IPV4 + 4, UDP + payload.length);
  bytes.set(payload, IPV4 + UDP);
  return bytes;
}

import { Packet, packetDestination, packetSource } from '../../../src/core/packet/packet.ts';
import { READING, type Reading, readPacket } from '../../../src/core/packet/read-packet.ts';

const NAMES = new Map<Reading, string>(
  Object.entries(READING).map(([name, reading]) => [reading, name] as const),
);

/** What becomes of the bytes, as a line of text. */
export function readingText(bytes: Uint8Array, start = 0, end = bytes.length): string {
  const packet = new Packet();
  const reading = readPacket(bytes, start, end, packet);
  return reading === READING.packet ? packetText(packet) : (NAMES.get(reading) ?? `reading ${reading}`);
}

/** All fields of a packet: `tcp 192.0.2.1:40000 > 192.0.2.7:7000 flags 02 identity 01020304`. */
export function packetText(packet: Packet): string {
  const protocol = packet.protocol === 6 ? 'tcp' : packet.protocol === 17 ? 'udp' : `${packet.protocol}`;
  const from = `${packetSource(packet)}:${packet.sourcePort}`;
  const to = `${packetDestination(packet)}:${packet.destinationPort}`;
  return `${protocol} ${from} > ${to} flags ${hexDigits(packet.flags, 2)} identity ${hexDigits(packet.identity, 8)}`;
}

const hexDigits = (value: number, width: number): string => value.toString(16).padStart(width, '0');

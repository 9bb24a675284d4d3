import fc from 'fast-check';
import { concat, halves, words } from '../lab/capture-bytes.ts';

/** A packet that can be read, as the fields that it is made of. */
export type IpPacket = {
  readonly family: 4 | 6;
  readonly source: readonly number[];
  readonly destination: readonly number[];
  readonly protocol: 6 | 17;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly flags: number;
  readonly sequence: number;
  /** In 4-byte words: of IPv4, 0 to 10; of TCP, 0 to 10. */
  readonly ipOptions: number;
  readonly tcpOptions: number;
  /** Of IPv6, in order. */
  readonly extensions: readonly { readonly kind: number; readonly units: number }[];
  readonly payload: number;
};

const word = fc.oneof(
  fc.nat({ max: 0xffff_ffff }),
  fc.constantFrom(0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff),
);
const port = fc.nat({ max: 65_535 });
const address = (family: 4 | 6) =>
  fc.array(word, { minLength: family === 4 ? 1 : 4, maxLength: family === 4 ? 1 : 4 });
const extension = fc.record({ kind: fc.constantFrom(0, 43, 51, 60), units: fc.nat({ max: 4 }) });

export const ipPacket: fc.Arbitrary<IpPacket> = fc.constantFrom(4 as const, 6 as const).chain((family) =>
  fc.record({
    family: fc.constant(family),
    source: address(family),
    destination: address(family),
    protocol: fc.constantFrom(6 as const, 17 as const),
    sourcePort: port,
    destinationPort: port,
    flags: fc.nat({ max: 63 }),
    sequence: word,
    ipOptions: fc.nat({ max: 10 }),
    tcpOptions: fc.nat({ max: 10 }),
    extensions: family === 4 ? fc.constant([]) : fc.array(extension, { maxLength: 8 }),
    payload: fc.nat({ max: 40 }),
  }),
);

/** The packet's bytes, from its IP header on; checksums are left out. */
export function renderIpPacket(packet: IpPacket): Uint8Array {
  const transport = renderTransport(packet);
  return packet.family === 4 ? renderIpv4(packet, transport) : renderIpv6(packet, transport);
}

function renderTransport(packet: IpPacket): Uint8Array {
  const ports = halves('big', packet.sourcePort, packet.destinationPort);
  const payload = new Uint8Array(packet.payload).fill(0xee);
  if (packet.protocol === 17) return concat(ports, halves('big', 8 + packet.payload, 0), payload);
  const offsetAndFlags = ((5 + packet.tcpOptions) << 12) | packet.flags;
  const options = new Uint8Array(packet.tcpOptions * 4).fill(1);
  return concat(
    ports,
    words('big', packet.sequence, 0),
    halves('big', offsetAndFlags, 64_240, 0, 0),
    options,
    payload,
  );
}

function renderIpv4(packet: IpPacket, transport: Uint8Array): Uint8Array {
  const header = 20 + packet.ipOptions * 4;
  return concat(
    Uint8Array.of(0x40 | (header / 4), 0),
    halves('big', header + transport.length, 1, 0x4000),
    Uint8Array.of(64, packet.protocol),
    halves('big', 0),
    words('big', ...packet.source, ...packet.destination),
    new Uint8Array(packet.ipOptions * 4).fill(1),
    transport,
  );
}

function renderIpv6(packet: IpPacket, transport: Uint8Array): Uint8Array {
  const kinds = [...packet.extensions.map(({ kind }) => kind), packet.protocol];
  const extensions = packet.extensions.map(({ kind, units }, i) => {
    // The authentication header counts in 4-byte words less 2, the others in 8-byte units less 1.
    const bytes = kind === 51 ? new Uint8Array((units + 2) * 4) : new Uint8Array((units + 1) * 8);
    bytes.set([kinds[i + 1] as number, units]);
    return bytes;
  });
  const rest = concat(...extensions, transport);
  return concat(
    words('big', 0x6000_0000),
    halves('big', rest.length),
    Uint8Array.of(kinds[0] as number, 64),
    words('big', ...packet.source, ...packet.destination),
    rest,
  );
}

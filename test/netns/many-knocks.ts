import { parseAddress } from '../../src/core/net/address.ts';
import { TCP_FLAG } from '../../src/core/net/tcp-flags.ts';
import { renderFrame } from '../parity/frame.ts';
import { renderPcap } from '../parity/pcap-file.ts';
import { macsOf, SERVER, type Wire } from './wire.ts';

/** Addresses that differ in their last two bytes. At most 65,536. */
export function sourcesOf(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `10.64.${i >> 8}.${i & 0xff}`);
}

/** A capture file in which each of so many sources knocks at these ports: all at the first, then all at the second … */
export async function manyKnocks(wire: Wire, count: number, ports: readonly number[]): Promise<Buffer> {
  const macs = await macsOf(wire);
  const destination = addressOf(SERVER);
  const sources = sourcesOf(count).map(addressOf);
  const frames = ports.flatMap((port, round) =>
    sources.map((source, i) =>
      renderFrame(
        {
          source,
          destination,
          protocol: 'tcp',
          sourcePort: 40_000 + round,
          port,
          flags: TCP_FLAG.syn,
          sequence: round * count + i,
        },
        macs,
      ),
    ),
  );
  return renderPcap(frames.map((frame) => ({ atSeconds: 0, frame })));
}

function addressOf(text: string): NonNullable<ReturnType<typeof parseAddress>> {
  const address = parseAddress(text);
  if (address === undefined) throw new Error(`not an address: ${text}`);
  return address;
}

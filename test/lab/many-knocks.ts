import { type Address, parseAddress } from '../../src/core/net/address.ts';
import { TCP_FLAG } from '../../src/core/net/tcp-flags.ts';
import { renderFrame } from './frame.ts';
import { renderPcap } from './pcap-file.ts';
import { macsOf, SERVER, type Wire } from './wire.ts';

/** Addresses that differ in their last two bytes. At most 65,536. */
export function sourcesOf(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `10.64.${i >> 8}.${i & 0xff}`);
}

/**
 * A capture file in which each of so many sources knocks at these ports. `in turns`: all of them at the first port, then
 * all at the second; `one by one`: each at all ports before the next one begins.
 */
export async function manyKnocks(
  wire: Pick<Wire, 'client' | 'server'>,
  count: number,
  ports: readonly number[],
  order: 'in turns' | 'one by one',
): Promise<Buffer> {
  const macs = await macsOf(wire);
  const destination = addressOf(SERVER);
  const sources = sourcesOf(count).map(addressOf);
  const frame = (source: Address, round: number): Buffer =>
    renderFrame(
      {
        source,
        destination,
        protocol: 'tcp',
        sourcePort: 40_000 + round,
        port: ports[round] ?? 0,
        flags: TCP_FLAG.syn,
        sequence: 0,
      },
      macs,
    );
  const rounds = [...ports.keys()];
  const frames =
    order === 'in turns'
      ? rounds.flatMap((round) => sources.map((source) => frame(source, round)))
      : sources.flatMap((source) => rounds.map((round) => frame(source, round)));
  return renderPcap(frames.map((each) => ({ atSeconds: 0, frame: each })));
}

function addressOf(text: string): Address {
  const address = parseAddress(text);
  if (address === undefined) throw new Error(`not an address: ${text}`);
  return address;
}

import { TCP_FLAG } from '../../src/core/net/tcp-flags.ts';
import { ANYCAST, type EcmpNet } from '../lab/ecmp-net.ts';
import { renderFrame } from '../lab/frame.ts';
import { sourcesOf } from '../lab/many-knocks.ts';
import { renderPcap } from '../lab/pcap-file.ts';
import { address } from '../unit/attempt/knocks.ts';

/** Different sources. */
const FLOOD_FRAMES = 100_000;

/** Strangers at any ports, and many at the first knocks, which are no secret to somebody who listens. */
export async function floodOf(net: EcmpNet): Promise<Buffer> {
  const macs = await net.macsOfClient();
  const frames = Array.from({ length: FLOOD_FRAMES }, (_, n) => ({
    atSeconds: 0,
    frame: renderFrame(
      {
        source: address(`100.${64 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}`),
        destination: address(ANYCAST),
        protocol: 'tcp',
        sourcePort: 1024 + (n % 50_000),
        port: n % 4 === 0 ? ([7000, 9000][(n >> 2) % 2] ?? 0) : 1 + ((n * 7919) % 65_535),
        flags: TCP_FLAG.syn,
        sequence: n,
      },
      macs,
    ),
  }));
  return renderPcap(frames);
}

/** A SYN of each of so many sources to the port, at the first gateway. */
export async function oneKnockOfEach(net: EcmpNet, count: number, port: number): Promise<Buffer> {
  const macs = await net.macsOfClient();
  const frames = sourcesOf(count).map((source, n) => ({
    atSeconds: 0,
    frame: renderFrame(
      {
        ...{ source: address(source), destination: address('10.7.1.1'), protocol: 'tcp' },
        ...{ sourcePort: 40_000, port, flags: TCP_FLAG.syn, sequence: n },
      },
      macs,
    ),
  }));
  return renderPcap(frames);
}

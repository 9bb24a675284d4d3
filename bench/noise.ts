import { closeSync, openSync, writeSync } from 'node:fs';
import { parseAddress } from '../src/core/net/address.ts';
import { TCP_FLAG } from '../src/core/net/tcp-flags.ts';
import { type Macs, renderFrame } from '../test/lab/frame.ts';
import { renderPcap } from '../test/lab/pcap-file.ts';

/** Hosts that knock at the first port of the door, one after the other, as a botnet or a forger of addresses does. */
export const NOISE_SOURCES = 65_536;
export const FIRST_PORT = 7000;

export type Noise = {
  readonly count: number;
  /** How many sources take turns, from the `first` one on. At most 4,194,304 in all. */
  readonly sources: number;
  readonly first?: number;
  /** Of the TCP sequence numbers: noise with the same ones, sources too, is a retransmission. */
  readonly sequence: number;
  /** From one source to the next; prime to `sources`, it makes the turns as good as random. */
  readonly stride?: number;
};

const RECORD_HEADER = 16;
const ETHERNET = 14;
const CHUNK_PACKETS = 10_000;

/** Writes a pcap file of SYNs to the first port, each with a sequence number of its own. */
export function writeNoise(path: string, noise: Noise, server: string, macs: Macs): void {
  const { count } = noise;
  const source = parseAddress('10.64.0.0');
  const destination = parseAddress(server);
  if (source === undefined || destination === undefined) throw new Error(`not an address: ${server}`);
  const flags = TCP_FLAG.syn;
  const packet = {
    source,
    destination,
    protocol: 'tcp',
    sourcePort: 40_000,
    port: FIRST_PORT,
    flags,
    sequence: 0,
  } as const;
  const whole = renderPcap([{ atSeconds: 0, frame: renderFrame(packet, macs) }]);
  const record = whole.subarray(whole.length - RECORD_HEADER - ETHERNET - 40);
  const fd = openSync(path, 'w');
  try {
    writeSync(fd, whole.subarray(0, whole.length - record.length));
    for (let done = 0; done < count; done += CHUNK_PACKETS) {
      writeSync(fd, renderRecords(record, noise, done, Math.min(CHUNK_PACKETS, count - done)));
    }
  } finally {
    closeSync(fd);
  }
}

/** Copies of one record, changed where they differ; the checksums are carried along (RFC 1624). */
function renderRecords(record: Buffer, noise: Noise, done: number, count: number): Buffer {
  const bytes = Buffer.alloc(record.length * count);
  for (let i = 0; i < count; i++) {
    const number = done + i;
    const host = (noise.first ?? 0) + ((number * (noise.stride ?? 1)) % noise.sources);
    const sequence = noise.sequence + number;
    const ip = i * record.length + RECORD_HEADER + ETHERNET;
    record.copy(bytes, i * record.length);
    bytes.writeUInt16BE(bytes.readUInt16BE(ip + 12) + (host >>> 16), ip + 12);
    bytes.writeUInt16BE(host & 0xffff, ip + 14);
    const hostSum = (host >>> 16) + (host & 0xffff);
    carryChecksum(bytes, ip + 10, hostSum);
    bytes.writeUInt32BE(sequence, ip + 24);
    carryChecksum(bytes, ip + 36, hostSum + (sequence >>> 16) + (sequence & 0xffff));
  }
  return bytes;
}

/** The checksum at `at` after words that were 0 have become words of this sum. */
function carryChecksum(bytes: Buffer, at: number, added: number): void {
  let sum = (~bytes.readUInt16BE(at) & 0xffff) + added;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  bytes.writeUInt16BE(~sum & 0xffff, at);
}

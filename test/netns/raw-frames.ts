import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { type Address, parseAddress } from '../../src/core/net/address.ts';
import type { Protocol } from '../../src/core/net/protocol.ts';
import { TCP_FLAG } from '../../src/core/net/tcp-flags.ts';
import { type Macs, renderFrame } from '../lab/frame.ts';
import type { WorkDirectory } from '../lab/knockd.ts';
import type { Namespace } from '../lab/namespace.ts';
import { renderPcap } from '../lab/pcap-file.ts';

/** A device of the client's, and the two ends of its wire. */
export type Sender = { readonly host: Namespace; readonly device: string; readonly macs: Macs };

export async function senderOf(
  { client, server }: { client: Namespace; server: Namespace },
  device: string,
): Promise<Sender> {
  const mac = async (namespace: Namespace): Promise<string> =>
    (await namespace.run('cat', `/sys/class/net/${device}/address`)).trim();
  return { host: client, device, macs: { source: await mac(client), destination: await mac(server) } };
}

let sent = 0;

export const address = (text: string): Address => {
  const parsed = parseAddress(text);
  assert.ok(parsed !== undefined, text);
  return parsed;
};

export function frame(
  sender: Sender,
  protocol: Protocol,
  source: string,
  destination: string,
  port: number,
): Buffer {
  sent += 1;
  const packet = {
    ...{ source: address(source), destination: address(destination), protocol, port },
    ...{ sourcePort: 10_000 + (sent % 50_000), flags: TCP_FLAG.syn, sequence: sent },
  };
  return renderFrame(packet, sender.macs);
}

/** IEEE 802.1Q: behind the two MACs. */
export const tagged = (bytes: Buffer, vlan: number): Buffer =>
  Buffer.concat([
    bytes.subarray(0, 12),
    Buffer.from([0x81, 0x00, 0xe0 | (vlan >> 8), vlan & 255]),
    bytes.subarray(12),
  ]);

export async function send(
  sender: Sender,
  directory: WorkDirectory,
  frames: readonly Buffer[],
  rounds = 1,
): Promise<void> {
  const path = directory.file(`frames-${sent}.pcap`);
  writeFileSync(path, renderPcap(frames.map((one) => ({ atSeconds: 1, frame: one }))));
  await sender.host.run('tcpreplay', '-q', '--topspeed', `--loop=${rounds}`, '-i', sender.device, path);
}

import { readFileSync } from 'node:fs';
import { readCaptureFile } from '../../src/core/packet/read-capture-file.ts';
import { readLink } from '../../src/core/packet/read-link.ts';
import { C_KNOCK, type WorkDirectory } from '../lab/knockd.ts';
import type { Namespace } from '../lab/namespace.ts';

const FENCE_PORT = 65_001;

/** One packet that left, written so that two runs can be compared: random fields are blotted out. */
export type SentPacket = { readonly time: number; readonly text: string };

let captures = 0;

/**
 * Runs `act` and returns every TCP and UDP packet that left through `device` meanwhile, whole. A last UDP packet
 * tells when all have been seen; `fenceHost` must be reached through the device.
 */
export async function sentDuring(
  namespace: Namespace,
  directory: WorkDirectory,
  device: string,
  fenceHost: string,
  act: () => Promise<void>,
): Promise<SentPacket[]> {
  captures += 1;
  const file = directory.file(`sent-${captures}.pcap`);
  await using tap = namespace.start(
    ...(['tcpdump', '-U', '-w', file, '--print', '-l', '-n', '--immediate-mode', '-Z', 'root'] as const),
    ...(['-i', device, '-Q', 'out', '(ip or ip6) and (tcp or udp)'] as const),
  );
  await tap.saw(/listening on/);
  await act();
  await namespace.run(C_KNOCK, '-u', fenceHost, `${FENCE_PORT}`);
  await tap.saw(new RegExp(`\\.${FENCE_PORT}: UDP`));
  await tap.stop('SIGINT');
  return [...readCaptureFile(readFileSync(file))].flatMap((item) => {
    if (item.kind === 'damaged') throw new Error(`${file}: ${item.reason} at ${item.offset}`);
    const offset = readLink(item.linkType, item.bytes);
    if (offset === -1) throw new Error(`no IP packet in a frame of link type ${item.linkType}`);
    const text = blot(item.bytes.slice(offset));
    return text.includes(` port ${FENCE_PORT} `) ? [] : [{ time: item.time, text }];
  });
}

/** Protocol, destination and port in front, then all bytes with what differs from run to run set to zero. */
function blot(packet: Uint8Array): string {
  const bytes = Buffer.from(packet);
  const isIpv4 = bytes.readUInt8(0) >>> 4 === 4;
  const isTcp = bytes.readUInt8(isIpv4 ? 9 : 6) === 6;
  const transport = isIpv4 ? (bytes.readUInt8(0) & 15) * 4 : 40;
  const port = bytes.readUInt16BE(transport + 2);
  // The identification and header checksum of IPv4; the flow label of IPv6.
  if (isIpv4) {
    bytes.fill(0, 4, 6);
    bytes.fill(0, 10, 12);
  } else {
    bytes.fill(0, 1, 4);
  }
  // Source port; then TCP's sequence number, checksum and time stamp, or UDP's checksum.
  bytes.fill(0, transport, transport + 2);
  if (isTcp) {
    bytes.fill(0, transport + 4, transport + 8);
    bytes.fill(0, transport + 16, transport + 18);
    blotTimestamp(bytes, transport + 20, transport + (bytes.readUInt8(transport + 12) >>> 4) * 4);
  } else {
    bytes.fill(0, transport + 6, transport + 8);
  }
  return `${isTcp ? 'tcp' : 'udp'} port ${port} ${bytes.toString('hex')}`;
}

/** RFC 7323 section 3.2: option 8, length 10. */
function blotTimestamp(bytes: Buffer, start: number, end: number): void {
  for (let at = start; at < end; ) {
    const kind = bytes.readUInt8(at);
    if (kind === 0) return;
    if (kind === 8) bytes.fill(0, at + 2, at + 10);
    at += kind === 1 ? 1 : Math.max(2, bytes.readUInt8(at + 1));
  }
}

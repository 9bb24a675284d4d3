/**
 * A stranger's first packets, made by hand, from any address. Reads `[id, destination MAC, index of the interface,
 * probes]` as JSON, one a line; answers `probed ID` and the indexes of the probes that have got in. A TCP segment has got
 * in where the service answers, a datagram where nobody listens and the kernel says so. Nothing is timed: an ARP request
 * behind the packets is answered when all of them have been seen.
 */
import { createInterface } from 'node:readline';
import { type Address, addressWords } from '../../src/core/net/address.ts';
import { libc } from '../../src/host/ffi/libc.ts';
import { renderFrame } from '../lab/frame.ts';

export type RawProbe = {
  readonly protocol: 'tcp' | 'udp';
  readonly source: Address;
  readonly sourcePort: number;
  readonly destination: Address;
  readonly port: number;
};

export type ProbeOrder = {
  readonly id: number;
  readonly macs: { readonly source: string; readonly destination: string };
  readonly index: number;
  /** Who asks and is asked in the ARP request. */
  readonly arp: { readonly from: Address; readonly to: Address };
  readonly probes: readonly RawProbe[];
};

const AF_PACKET = 17;
const SOCK_RAW = 3;
/** ETH_P_ALL in network byte order. */
const ALL = 0x0300;
const SYN = 2;
/** The same always: a half-open connection answers its first segment again, and no other. */
const SEQUENCE = 7;

const sockets = new Map<number, number>();
const bytes = new Uint8Array(4096);

function openSocket(index: number): number {
  const fd = libc.socket(AF_PACKET, SOCK_RAW, ALL);
  if (fd < 0) throw new Error('socket(AF_PACKET)');
  // struct sockaddr_ll: family u16, protocol u16 big-endian, index i32, and 12 bytes more.
  const address = new Uint8Array(20);
  new Uint16Array(address.buffer).set([AF_PACKET, ALL]);
  new Int32Array(address.buffer)[1] = index;
  if (libc.bind(fd, address, address.length) !== 0) throw new Error('bind(AF_PACKET)');
  const room = new Uint8Array(new Int32Array([8 << 20]).buffer);
  libc.setsockopt(fd, 1, 33, room, room.length);
  return fd;
}

function probe({ id, macs, index, arp, probes }: ProbeOrder): void {
  const fd = sockets.get(index) ?? openSocket(index);
  sockets.set(index, fd);
  const wanted = new Map<string, number>();
  for (const [at, one] of probes.entries()) {
    wanted.set(`${one.destination} ${one.port} ${one.source} ${one.sourcePort}`, at);
    const frame = renderFrame({ ...one, flags: SYN, sequence: SEQUENCE }, macs);
    if (libc.send(fd, frame, frame.length, 0) < 0) throw new Error('send');
  }
  const fence = renderArp(macs, arp.from, arp.to);
  if (libc.send(fd, fence, fence.length, 0) < 0) throw new Error('send');
  const own = macs.source.replaceAll(':', '');
  const got: number[] = [];
  for (;;) {
    const length = libc.recv(fd, bytes, bytes.length, 0);
    if (length < 14) continue;
    const frame = Buffer.from(bytes.buffer, 0, Number(length));
    if (frame.toString('hex', 6, 12) === own) continue;
    const type = frame.readUInt16BE(12);
    if (type === 0x0806 && frame.readUInt16BE(20) === 2) break;
    const key = answerKey(type, frame.subarray(14));
    const at = key === undefined ? undefined : wanted.get(key);
    if (at !== undefined && !got.includes(at)) got.push(at);
  }
  console.log(`probed ${id} ${got.join(',')};`);
}

/** Which packet this frame is the answer to, if to any. */
function answerKey(type: number, ip: Buffer): string | undefined {
  const isIpv6 = type === 0x86dd;
  if (!isIpv6 && type !== 0x0800) return undefined;
  const at = isIpv6 ? 40 : ((ip[0] ?? 0) % 16) << 2;
  const protocol = isIpv6 ? ip[6] : ip[9];
  const payload = ip.subarray(at);
  if (protocol === 6 && payload[13] === 0x12)
    return `${sourceOf(ip, isIpv6)} ${payload.readUInt16BE(0)} ${destinationOf(ip, isIpv6)} ${payload.readUInt16BE(2)}`;
  const isUnreachable = isIpv6
    ? protocol === 58 && payload[0] === 1 && payload[1] === 4
    : protocol === 1 && payload[0] === 3 && payload[1] === 3;
  if (!isUnreachable) return undefined;
  const inner = payload.subarray(8);
  const ports = inner.subarray(isIpv6 ? 40 : ((inner[0] ?? 0) % 16) << 2);
  return `${destinationOf(inner, isIpv6)} ${ports.readUInt16BE(2)} ${sourceOf(inner, isIpv6)} ${ports.readUInt16BE(0)}`;
}

const sourceOf = (ip: Buffer, isIpv6: boolean): string =>
  isIpv6 ? text6(ip.subarray(8, 24)) : [...ip.subarray(12, 16)].join('.');
const destinationOf = (ip: Buffer, isIpv6: boolean): string =>
  isIpv6 ? text6(ip.subarray(24, 40)) : [...ip.subarray(16, 20)].join('.');

const names = new Map<string, string>();
function text6(address: Buffer): string {
  const hex = address.toString('hex');
  return names.get(hex) ?? hex;
}

function renderArp(macs: ProbeOrder['macs'], from: Address, to: Address): Buffer {
  const mac = macs.source.replaceAll(':', '');
  const ip = (address: Address): string => addressWords(address)[3].toString(16).padStart(8, '0');
  const head = `${macs.destination.replaceAll(':', '')}${mac}08060001080006040001`;
  return Buffer.from(`${head}${mac}${ip(from)}${'0'.repeat(12)}${ip(to)}`.padEnd(120, '0'), 'hex');
}

console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line) as ProbeOrder;
  for (const { source, destination } of order.probes) {
    for (const address of [source, destination]) {
      if (!address.includes(':')) continue;
      const hex = addressWords(address)
        .map((word) => word.toString(16).padStart(8, '0'))
        .join('');
      names.set(hex, address);
    }
  }
  probe(order);
}

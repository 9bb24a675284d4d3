import { type Address, addressWords, familyOf } from '../../core/net/address.ts';
import type { Port } from '../../core/net/port.ts';
import { libc } from '../ffi/libc.ts';
import { sockets } from '../ffi/socket.ts';
import { lastError, type SystemCallError } from '../ffi/system-call-error.ts';
import { AF_INET, AF_INET6, renderSocketAddress } from './socket-address.ts';

// <bits/socket_type.h>, <linux/in.h>, <linux/in6.h>
const SOCK_RAW = 3;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const IPPROTO_UDP = 17;
const IPPROTO_IPV6 = 41;
const IPV6_CHECKSUM = 7;

const HEADER = 8;
const CHECKSUM = 6;
const CHECKSUM_WORD = new Uint8Array(new Int32Array([CHECKSUM]).buffer);

/** One end of a datagram. */
export type Endpoint = { readonly address: Address; readonly port: number };

/** A datagram from a port that no socket has opened. */
export type Datagram = {
  /** An address of this host. */
  readonly from: Endpoint;
  readonly to: Endpoint;
  /** The outgoing interface's kernel index, needed if the destination is a link-local address. */
  readonly interfaceIndex: number;
  readonly payload: Uint8Array;
};

/**
 * Sends the datagram by a raw socket (raw(7)), which needs CAP_NET_RAW, so no port is opened. The socket lives only for
 * this datagram, because the kernel copies every UDP datagram of the host to raw sockets. `undefined`: the kernel
 * accepted it.
 */
export function sendDatagram(datagram: Datagram): SystemCallError | undefined {
  const { from, to, interfaceIndex } = datagram;
  const family = familyOf(to.address);
  const subject = `the reply to ${to.address}`;
  const fd = libc.socket(
    family === 4 ? AF_INET : AF_INET6,
    SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
    IPPROTO_UDP,
  );
  if (fd < 0) return lastError('socket(SOCK_RAW)', subject);
  try {
    const isPlain =
      family === 4 ||
      libc.setsockopt(fd, IPPROTO_IPV6, IPV6_CHECKSUM, CHECKSUM_WORD, CHECKSUM_WORD.length) === 0;
    if (!isPlain) return lastError('setsockopt(IPV6_CHECKSUM)', subject);
    const own = rawAddress(from.address, interfaceIndex);
    if (libc.bind(fd, own, own.length) !== 0) return lastError('bind', subject);
    const bytes = renderDatagram(datagram);
    const peer = rawAddress(to.address, interfaceIndex);
    const sent = sockets.sendto(fd, bytes, bytes.length, 0, peer, peer.length);
    return sent === bytes.length ? undefined : lastError('sendto', subject);
  } finally {
    libc.close(fd);
  }
}

/** RFC 768. For IPv6 the kernel fills in the checksum. */
function renderDatagram({ from, to, payload }: Datagram): Uint8Array {
  const bytes = new Uint8Array(HEADER + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, from.port);
  view.setUint16(2, to.port);
  view.setUint16(4, bytes.length);
  bytes.set(payload, HEADER);
  if (familyOf(to.address) === 4) view.setUint16(CHECKSUM, checksum(from.address, to.address, bytes));
  return bytes;
}

/** Covers the datagram and the pseudo header. 0 would mean that there is none. */
function checksum(from: Address, to: Address, bytes: Uint8Array): number {
  const [source, destination] = [addressWords(from)[3], addressWords(to)[3]];
  let sum = (source >>> 16) + (source & 0xffff) + (destination >>> 16) + (destination & 0xffff);
  sum += IPPROTO_UDP + bytes.length;
  for (let at = 0; at < bytes.length; at += 2) sum += ((bytes[at] as number) << 8) | (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff || 0xffff;
}

/**
 * raw(7): the port in a raw socket's address is 0, or the protocol in IPv6. A link-local address needs the scope (RFC
 * 4007).
 */
function rawAddress(address: Address, interfaceIndex: number): Uint8Array {
  const family = familyOf(address);
  const scope = /^fe[89ab]/.test(address) ? interfaceIndex : 0;
  return renderSocketAddress({ address, family }, 0 as Port, scope);
}

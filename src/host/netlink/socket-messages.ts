import { type Address, addressWords, type Family, familyOf, renderAddress } from '../../core/net/address.ts';
import { PROTOCOL_NUMBER } from '../../core/net/protocol.ts';
import { bigEndian } from './netlink-message.ts';

/** linux/sock_diag.h. */
export const SOCK_DIAG_BY_FAMILY = 20;
export const SOCK_DESTROY = 21;

/** linux/inet_diag.h: INET_DIAG_NOCOOKIE, in both words. */
const ANY_COOKIE = Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255);

/** include/net/tcp_states.h. */
const TCP_LISTEN = 10;

/** linux/inet_diag.h, struct inet_diag_msg: family u8, state u8, timer u8, retrans u8, then the socket's id. */
const ID_AT = 4;
/** struct inet_diag_sockid: two ports u16, two addresses of 16 bytes, interface u32, cookie 2 × u32. */
const DEVICE_AT = ID_AT + 36;
const COOKIE_AT = ID_AT + 40;
const COOKIE_BYTES = 8;

const AF_INET = { 4: 2, 6: 10 } as const;

/** A TCP connection as the socket on this host knows it. */
export type SocketEnds = {
  readonly local: Address;
  readonly localPort: number;
  readonly remote: Address;
  readonly remotePort: number;
};

/**
 * struct inet_diag_req_v2: family u8, protocol u8, extensions u8, pad u8, states u32, then the socket's id. With a
 * cookie it means exactly one socket and no later one with the same addresses. A socket that is bound to a device (for
 * example a VRF) is only found with that device's index.
 */
export function renderSocketRequest(
  ends: SocketEnds,
  cookie: Uint8Array = ANY_COOKIE,
  device = 0,
): Uint8Array {
  const family = familyOf(ends.local);
  const ports = Buffer.alloc(4);
  ports.writeUInt16BE(ends.localPort, 0);
  ports.writeUInt16BE(ends.remotePort, 2);
  return Buffer.concat([
    Uint8Array.of(AF_INET[family], PROTOCOL_NUMBER.tcp, 0, 0, 255, 255, 255, 255),
    ports,
    addressField(ends.local),
    addressField(ends.remote),
    new Uint8Array(new Uint32Array([device]).buffer),
    cookie,
  ]);
}

/**
 * The cookie of the socket that the kernel found; `undefined` if it is not this connection's. If the connection is
 * gone, the kernel answers with the listening socket, which must not be destroyed.
 */
export function readCookie(body: DataView, { localPort, remotePort }: SocketEnds): Uint8Array | undefined {
  if (body.byteLength < COOKIE_AT + COOKIE_BYTES || body.getUint8(1) === TCP_LISTEN) return undefined;
  if (body.getUint16(ID_AT) !== localPort || body.getUint16(ID_AT + 2) !== remotePort) return undefined;
  return new Uint8Array(body.buffer, body.byteOffset + COOKIE_AT, COOKIE_BYTES).slice();
}

/** TCP_ESTABLISHED, FIN_WAIT1, FIN_WAIT2 and CLOSE_WAIT, one bit each: states in which data may still be sent. */
const CONNECTED = (1 << 1) | (1 << 4) | (1 << 5) | (1 << 8);

const LISTENING = 1 << TCP_LISTEN;

/**
 * Asks for the connected TCP sockets of a family, at one local port or at any. IPv6 sockets with IPv4 peers are listed
 * as IPv6.
 */
export const renderSocketQuery = (family: Family, localPort = 0): Uint8Array =>
  renderQuery(family, CONNECTED, localPort);

/** Asks for the listening TCP sockets of a family. */
export const renderListenerQuery = (family: Family): Uint8Array => renderQuery(family, LISTENING, 0);

function renderQuery(family: Family, wanted: number, localPort: number): Uint8Array {
  const states = Buffer.alloc(4);
  states.writeUInt32LE(wanted);
  const socket = Buffer.alloc(COOKIE_AT - ID_AT + COOKIE_BYTES);
  socket.writeUInt16BE(localPort, 0);
  return Buffer.concat([Uint8Array.of(AF_INET[family], PROTOCOL_NUMBER.tcp, 0, 0), states, socket]);
}

/** The port of a listed socket; `undefined` for a truncated entry. */
export const readLocalPort = (body: DataView): number | undefined =>
  body.byteLength < ID_AT + 2 ? undefined : body.getUint16(ID_AT);

/** A listed socket that is bound to a device. */
export type BoundSocket = SocketEnds & { readonly device: number; readonly cookie: Uint8Array };

/** `undefined` for a socket that is bound to no device, and for a truncated entry. */
export function readBoundSocket(body: DataView): BoundSocket | undefined {
  const ends = readEnds(body);
  const device = ends === undefined ? 0 : body.getUint32(DEVICE_AT, true);
  if (ends === undefined || device === 0) return undefined;
  const cookie = new Uint8Array(body.buffer, body.byteOffset + COOKIE_AT, COOKIE_BYTES).slice();
  return { ...ends, device, cookie };
}

/** The addresses and ports of a listed socket; `undefined` for a truncated entry. */
export function readEnds(body: DataView): SocketEnds | undefined {
  if (body.byteLength < COOKIE_AT + COOKIE_BYTES) return undefined;
  const isSix = body.getUint8(0) === AF_INET[6];
  const address = (at: number): Address => {
    const words = [0, 4, 8, 12].map((offset) => body.getUint32(at + offset));
    const [w0 = 0, w1 = 0, w2 = 0, w3 = 0] = words;
    if (!isSix) return renderAddress(4, 0, 0, 0, w0);
    // RFC 4291 section 2.5.5.2: an IPv4 address mapped into IPv6.
    const isMapped = w0 === 0 && w1 === 0 && w2 === 0xffff;
    return isMapped ? renderAddress(4, 0, 0, 0, w3) : renderAddress(6, w0, w1, w2, w3);
  };
  return {
    localPort: body.getUint16(ID_AT),
    remotePort: body.getUint16(ID_AT + 2),
    local: address(ID_AT + 4),
    remote: address(ID_AT + 20),
  };
}

/** 16 bytes; an IPv4 address fills the first four. */
function addressField(address: Address): Uint8Array {
  const words = addressWords(address);
  return bigEndian(familyOf(address) === 4 ? [words[3], 0, 0, 0] : words);
}

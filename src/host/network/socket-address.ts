import { addressWords } from '../../core/net/address.ts';
import type { Port } from '../../core/net/port.ts';
import type { Destination } from './destination.ts';

// <bits/socket.h>, the same on every Linux architecture.
export const AF_INET = 2;
export const AF_INET6 = 10;

/** `struct sockaddr_in` or `struct sockaddr_in6` (ip(7), ipv6(7)); `scope`: the zone's interface index or 0. */
export function renderSocketAddress(to: Destination, port: Port, scope: number): Uint8Array {
  const words = addressWords(to.address);
  const bytes = new Uint8Array(to.family === 4 ? 16 : 28);
  const view = new DataView(bytes.buffer);
  // The family and the scope are in machine byte order, the rest in network byte order.
  new Uint16Array(bytes.buffer)[0] = to.family === 4 ? AF_INET : AF_INET6;
  view.setUint16(2, port);
  if (to.family === 4) {
    view.setUint32(4, words[3]);
  } else {
    for (const [i, word] of words.entries()) view.setUint32(8 + 4 * i, word);
    new Uint32Array(bytes.buffer)[6] = scope;
  }
  return bytes;
}

import { type Address, addressWords, familyOf } from '../../core/net/address.ts';
import { bigEndian, renderAttribute } from './netlink-message.ts';

/** linux/rtnetlink.h. */
export const RTM_GETROUTE = 26;
const RTA_DST = 1;
const RTM_BYTES = 12;

/** RTN_LOCAL, RTN_BROADCAST, RTN_ANYCAST, RTN_MULTICAST: packets for it are delivered here. */
const DELIVERED: ReadonlySet<number> = new Set([2, 3, 4, 5]);

const AF_INET = { 4: 2, 6: 10 } as const;

/** Asks where packets for this address go. struct rtmsg: family u8, prefix length u8, and 10 bytes more. */
export function renderRouteQuery(address: Address): Uint8Array {
  const family = familyOf(address);
  const head = new Uint8Array(RTM_BYTES);
  head[0] = AF_INET[family];
  head[1] = family === 4 ? 32 : 128;
  const words = addressWords(address).slice(family === 4 ? 3 : 0);
  return Buffer.concat([head, renderAttribute(RTA_DST, bigEndian(words))]);
}

/** Whether packets that take this route end at this host. */
export function endsHere(body: DataView): boolean {
  return body.byteLength >= RTM_BYTES && DELIVERED.has(body.getUint8(7));
}

/** RTN_LOCAL; RTN_UNICAST. */
const LOCAL = 2;
const UNICAST = 1;
const RTA_OIF = 4;
const ATTRIBUTE_HEADER_BYTES = 4;

/** The index of the interface that packets leave by; `local` for this host, `none` for a route that drops them. */
export function wayOf(body: DataView): number | 'local' | 'none' {
  const type = body.byteLength >= RTM_BYTES ? body.getUint8(7) : 0;
  if (type === LOCAL) return 'local';
  if (type !== UNICAST) return 'none';
  for (let at = RTM_BYTES; at + ATTRIBUTE_HEADER_BYTES <= body.byteLength; ) {
    const length = body.getUint16(at, LITTLE_ENDIAN);
    if (length < ATTRIBUTE_HEADER_BYTES) break;
    if (body.getUint16(at + 2, LITTLE_ENDIAN) === RTA_OIF && length === 8)
      return body.getUint32(at + 4, LITTLE_ENDIAN);
    at += (length + 3) & ~3;
  }
  return 'none';
}

/** Netlink headers are in the machine's own byte order. */
const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

import { type Address, addressWords, familyOf } from '../../core/net/address.ts';
import { bigEndian, renderAttribute } from '../netlink/netlink-message.ts';

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

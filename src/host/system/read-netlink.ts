import { type Address, renderAddress } from '../../core/net/address.ts';

/** linux/netlink.h and linux/rtnetlink.h. Netlink speaks the host's byte order. */
const HEADER_BYTES = 16;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const RTM_NEWLINK = 16;
const RTM_NEWADDR = 20;
const RTM_NEWROUTE = 24;
const IFINFO_BYTES = 16;
const IFADDR_BYTES = 8;
const RTMSG_BYTES = 12;
const IFF_UP = 1;
const IFLA_IFNAME = 3;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const RTA_OIF = 4;
const RTA_MULTIPATH = 9;
const RTN_UNICAST = 1;
const AF_INET = 2;
const AF_INET6 = 10;

export type NetlinkRow =
  | { readonly kind: 'link'; readonly index: number; readonly name: string; readonly up: boolean }
  | { readonly kind: 'address'; readonly index: number; readonly address: Address }
  | { readonly kind: 'default-route'; readonly index: number };

export type NetlinkRows = {
  readonly rows: readonly NetlinkRow[];
  /** The dump is at its end. */
  readonly done: boolean;
  /** The errno the kernel answered with, 0 for none. */
  readonly errno: number;
};

/** Reads the messages of one datagram; what is cut short or unknown is passed over. */
export function readNetlink(bytes: Uint8Array): NetlinkRows {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const rows: NetlinkRow[] = [];
  let done = false;
  let errno = 0;
  for (let at = 0; at + HEADER_BYTES <= bytes.length; ) {
    const length = view.getUint32(at, true);
    const type = view.getUint16(at + 4, true);
    if (length < HEADER_BYTES || at + length > bytes.length) break;
    const body = new DataView(bytes.buffer, bytes.byteOffset + at + HEADER_BYTES, length - HEADER_BYTES);
    if (type === NLMSG_DONE) done = true;
    else if (type === NLMSG_ERROR && body.byteLength >= 4) errno = -body.getInt32(0, true);
    else rows.push(...readMessage(type, body));
    at += (length + 3) & ~3;
  }
  return { rows, done: done || errno !== 0, errno };
}

function readMessage(type: number, body: DataView): NetlinkRow[] {
  if (type === RTM_NEWLINK && body.byteLength >= IFINFO_BYTES) return readLink(body);
  if (type === RTM_NEWADDR && body.byteLength >= IFADDR_BYTES) return readAddress(body);
  if (type === RTM_NEWROUTE && body.byteLength >= RTMSG_BYTES) return readRoute(body);
  return [];
}

/** struct ifinfomsg: family, pad, type u16, index i32, flags u32, change u32. */
function readLink(body: DataView): NetlinkRow[] {
  const name = attributes(body, IFINFO_BYTES).get(IFLA_IFNAME);
  if (name === undefined) return [];
  const index = body.getInt32(4, true);
  const up = (body.getUint32(8, true) & IFF_UP) !== 0;
  return [{ kind: 'link', index, name: zeroTerminated(name), up }];
}

/** struct ifaddrmsg: family, prefix length, flags, scope, index u32. A peer's address is not ours: IFA_LOCAL first. */
function readAddress(body: DataView): NetlinkRow[] {
  const family = body.getUint8(0);
  const found = attributes(body, IFADDR_BYTES);
  const value = found.get(IFA_LOCAL) ?? found.get(IFA_ADDRESS);
  const index = body.getUint32(4, true);
  if (value === undefined) return [];
  if (family === AF_INET && value.byteLength === 4) {
    return [{ kind: 'address', index, address: renderAddress(4, 0, 0, 0, value.getUint32(0)) }];
  }
  if (family === AF_INET6 && value.byteLength === 16) {
    const word = (i: number): number => value.getUint32(i * 4);
    return [{ kind: 'address', index, address: renderAddress(6, word(0), word(1), word(2), word(3)) }];
  }
  return [];
}

/** struct rtmsg: family, dst_len, src_len, tos, table, protocol, scope, type, flags u32. */
function readRoute(body: DataView): NetlinkRow[] {
  const isDefault = body.getUint8(1) === 0 && body.getUint8(7) === RTN_UNICAST;
  if (!isDefault) return [];
  const found = attributes(body, RTMSG_BYTES);
  const out = found.get(RTA_OIF);
  const hops = found.get(RTA_MULTIPATH);
  const indexes = hops === undefined ? [] : readNextHops(hops);
  if (out !== undefined && out.byteLength >= 4) indexes.push(out.getUint32(0, true));
  return indexes.map((index) => ({ kind: 'default-route', index }));
}

/** struct rtnexthop: length u16, flags u8, hops u8, index i32. */
function readNextHops(hops: DataView): number[] {
  const indexes: number[] = [];
  for (let at = 0; at + 8 <= hops.byteLength; ) {
    const length = hops.getUint16(at, true);
    if (length < 8) break;
    indexes.push(hops.getInt32(at + 4, true));
    at += (length + 3) & ~3;
  }
  return indexes;
}

/** struct rtattr: length u16, type u16, value. */
function attributes(body: DataView, from: number): Map<number, DataView> {
  const found = new Map<number, DataView>();
  for (let at = from; at + 4 <= body.byteLength; ) {
    const length = body.getUint16(at, true);
    if (length < 4 || at + length > body.byteLength) break;
    found.set(body.getUint16(at + 2, true), new DataView(body.buffer, body.byteOffset + at + 4, length - 4));
    at += (length + 3) & ~3;
  }
  return found;
}

function zeroTerminated(value: DataView): string {
  const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

import { type Address, type Family, renderAddress } from '../../core/net/address.ts';
import type { HostInterface } from '../../core/net/host-interface.ts';
import type { LocalRoute } from '../../core/net/local-route.ts';
import { prefixAround, prefixWidth } from '../../core/net/prefix.ts';
import { type LinkInfo, readLinkInfo, readText } from '../netlink/link-messages.ts';
import { errnoOf, isEnd, NLMSG_DONE, readAttributes, readMessages } from '../netlink/netlink-message.ts';

/** linux/netlink.h and linux/rtnetlink.h. Netlink uses the host's byte order. */
const RTM_NEWLINK = 16;
const RTM_NEWADDR = 20;
const RTM_NEWROUTE = 24;
const IFINFO_BYTES = 16;
const IFADDR_BYTES = 8;
const RTMSG_BYTES = 12;
const IFF_UP = 1;
const IFF_LOOPBACK = 8;
const IFLA_IFNAME = 3;
const IFLA_LINK = 5;
const IFLA_MASTER = 10;
const IFLA_VLAN_ID = 1;
const IFLA_VRF_TABLE = 1;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const RTA_DST = 1;
const RTA_OIF = 4;
const RTA_MULTIPATH = 9;
const RTA_TABLE = 15;
const RTN_UNICAST = 1;
const RTN_LOCAL = 2;
const RTN_BROADCAST = 3;
const AF_INET = 2;
const AF_INET6 = 10;

export type LinkRow = { readonly kind: 'link' } & Omit<HostInterface, 'addresses' | 'defaultRoute'>;

export type NetlinkRow =
  | LinkRow
  | { readonly kind: 'address'; readonly index: number; readonly address: Address }
  | { readonly kind: 'default-route'; readonly index: number }
  | {
      readonly kind: 'local-route';
      readonly index: number;
      readonly table: number;
      readonly route: LocalRoute;
    };

export type NetlinkRows = {
  readonly rows: readonly NetlinkRow[];
  /** The dump is complete. */
  readonly done: boolean;
  /** The errno of the kernel's answer, 0 for none. */
  readonly errno: number;
};

/** Reads the messages of one datagram. Truncated and unknown ones are skipped. */
export function readNetlink(bytes: Uint8Array): NetlinkRows {
  const rows: NetlinkRow[] = [];
  let done = false;
  let errno = 0;
  for (const message of readMessages(bytes)) {
    if (!isEnd(message)) rows.push(...readMessage(message.type, message.body));
    else if (message.type === NLMSG_DONE) done = true;
    else errno = errnoOf(message);
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
  const found = readAttributes(body, IFINFO_BYTES);
  const name = found.get(IFLA_IFNAME);
  if (name === undefined) return [];
  const index = body.getInt32(4, true);
  const flags = body.getUint32(8, true);
  const master = wordOf(found.get(IFLA_MASTER)) ?? 0;
  const link: LinkRow = {
    kind: 'link',
    index,
    name: readText(name),
    up: (flags & IFF_UP) !== 0,
    ...((flags & IFF_LOOPBACK) === 0 ? {} : { loopback: true }),
    ...(master === 0 ? {} : { master }),
    ...readDetails(readLinkInfo(found), wordOf(found.get(IFLA_LINK))),
  };
  return [link];
}

/** Reads only what is needed: the number of a VLAN, the table of a VRF. */
function readDetails(
  { type, details }: LinkInfo,
  lower: number | undefined,
): Pick<HostInterface, 'type' | 'vlan' | 'table'> {
  if (type === undefined) return {};
  const id = type === 'vlan' ? details.get(IFLA_VLAN_ID) : undefined;
  const table = type === 'vrf' ? wordOf(details.get(IFLA_VRF_TABLE)) : undefined;
  return {
    type,
    ...(id?.byteLength !== 2 || lower === undefined
      ? {}
      : { vlan: { of: lower, id: id.getUint16(0, true) } }),
    ...(table === undefined ? {} : { table }),
  };
}

function wordOf(value: DataView | undefined): number | undefined {
  return value?.byteLength === 4 ? value.getUint32(0, true) : undefined;
}

/**
 * struct ifaddrmsg: family, prefix length, flags, scope, index u32. On a point-to-point link IFA_ADDRESS is the peer's
 * address, so IFA_LOCAL takes precedence.
 */
function readAddress(body: DataView): NetlinkRow[] {
  const found = readAttributes(body, IFADDR_BYTES);
  const address = addressOf(body.getUint8(0), found.get(IFA_LOCAL) ?? found.get(IFA_ADDRESS));
  return address === undefined ? [] : [{ kind: 'address', index: body.getUint32(4, true), address }];
}

function addressOf(family: number, value: DataView | undefined): Address | undefined {
  if (value === undefined) return undefined;
  if (family === AF_INET && value.byteLength === 4) return renderAddress(4, 0, 0, 0, value.getUint32(0));
  if (family !== AF_INET6 || value.byteLength !== 16) return undefined;
  const word = (i: number): number => value.getUint32(i * 4);
  return renderAddress(6, word(0), word(1), word(2), word(3));
}

/** struct rtmsg: family, dst_len, src_len, tos, table, protocol, scope, type, flags u32. */
function readRoute(body: DataView): NetlinkRow[] {
  const length = body.getUint8(1);
  const type = body.getUint8(7);
  if (type === RTN_UNICAST && length === 0) return readDefaultRoute(body);
  if (type !== RTN_LOCAL && type !== RTN_BROADCAST) return [];
  const found = readAttributes(body, RTMSG_BYTES);
  const family = body.getUint8(0);
  const base = length === 0 ? nothingOf(family) : addressOf(family, found.get(RTA_DST));
  if (base === undefined || length > prefixWidth(base)) return [];
  const kind = type === RTN_LOCAL ? 'local' : 'broadcast';
  const table = wordOf(found.get(RTA_TABLE)) ?? body.getUint8(4);
  const index = wordOf(found.get(RTA_OIF)) ?? 0;
  return [{ kind: 'local-route', index, table, route: { kind, prefix: prefixAround(base, length) } }];
}

/** The base address of the prefix that contains all addresses. */
function nothingOf(family: number): Address | undefined {
  const families: Readonly<Record<number, Family>> = { [AF_INET]: 4, [AF_INET6]: 6 };
  const known = families[family];
  return known === undefined ? undefined : renderAddress(known, 0, 0, 0, 0);
}

function readDefaultRoute(body: DataView): NetlinkRow[] {
  const found = readAttributes(body, RTMSG_BYTES);
  const hops = found.get(RTA_MULTIPATH);
  const indexes = hops === undefined ? [] : readNextHops(hops);
  const out = wordOf(found.get(RTA_OIF));
  if (out !== undefined) indexes.push(out);
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

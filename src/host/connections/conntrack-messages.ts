import { type Address, addressWords, type Family, familyOf } from '../../core/net/address.ts';
import { PROTOCOL_NUMBER } from '../../core/net/protocol.ts';
import { bigEndian, NLA_F_NESTED, renderAttribute } from '../netlink/netlink-message.ts';
import type { SocketEnds } from '../netlink/socket-messages.ts';
import type { ConnectionQuery, QueriedPorts } from './connections.ts';

/** linux/netfilter/nfnetlink.h and nfnetlink_conntrack.h. */
const NFNL_SUBSYS_CTNETLINK = 1;
export const CT_NEW = (NFNL_SUBSYS_CTNETLINK << 8) | 0;
export const CT_GET = (NFNL_SUBSYS_CTNETLINK << 8) | 1;
export const CT_DELETE = (NFNL_SUBSYS_CTNETLINK << 8) | 2;
export const CTA_TUPLE_ORIG = 1;
export const CTA_TUPLE_REPLY = 2;
export const CTA_STATUS = 3;
export const CTA_PROTOINFO = 4;
const CTA_TIMEOUT = 7;
export const CTA_ID = 12;
export const CTA_ZONE = 18;
const CTA_FILTER = 25;
const CTA_FILTER_ORIG_FLAGS = 1;
export const CTA_TUPLE_IP = 1;
export const CTA_TUPLE_PROTO = 2;
export const CTA_IP_SRC = { 4: 1, 6: 3 } as const;
export const CTA_IP_DST = { 4: 2, 6: 4 } as const;
export const CTA_PROTO_NUM = 1;
export const CTA_PROTO_SRC_PORT = 2;
export const CTA_PROTO_DST_PORT = 3;
export const CTA_PROTOINFO_TCP = 1;
export const CTA_PROTOINFO_TCP_STATE = 1;
const CTA_PROTOINFO_TCP_FLAGS = { original: 4, reply: 5 } as const;

/** net/netfilter/nf_internals.h: which parts of the tuple an entry must match. */
const FILTER_SOURCE = 1 << 0;
const FILTER_PROTOCOL = 1 << 3;
const FILTER_DESTINATION_PORT = 1 << 5;

/** linux/netfilter/nf_conntrack_common.h: a reply was seen; enough segments went both ways to count as a connection. */
export const IPS_SEEN_REPLY = 1 << 1;
export const IPS_ASSURED = 1 << 2;
const IPS_CONFIRMED = 1 << 3;

/** linux/netfilter/nf_conntrack_tcp.h: the windows of a connection whose start was not seen are unknown. */
const TCP_BE_LIBERAL = Uint8Array.of(0x08, 0x08);
const TCP_ESTABLISHED = 3;

/**
 * The kernel's default of nf_conntrack_tcp_timeout_established, in seconds. The next packet sets it to the host's
 * value.
 */
const ESTABLISHED_TIMEOUT = 432_000;

/** struct nfgenmsg: family u8, version u8, resource u16. */
export const FAMILY_BYTES = 4;
const AF_INET = { 4: 2, 6: 10 } as const;

/**
 * Request bodies that return at least what is sought. Kernels before 5.8 ignore the filter and send the whole family,
 * so the reader must check each entry. There is one body per family, because each makes the kernel search its whole
 * table. IPv6 is never filtered by address: some kernels (6.18) left out exactly that one.
 */
export function renderQueries({ sources, ports }: ConnectionQuery): Uint8Array[] {
  if (typeof sources === 'number') return [queryFamily(sources, ports)];
  return ([4, 6] as const).flatMap((family) => {
    const [one, ...others] = [...sources].filter((source) => familyOf(source) === family);
    if (one === undefined) return [];
    return [family === 4 && others.length === 0 ? querySource(one) : queryFamily(family, ports)];
  });
}

function queryFamily(family: Family, [port, ...others]: readonly QueriedPorts[]): Uint8Array {
  const isOne = port !== undefined && others.length === 0 && port.first === port.last;
  return isOne ? queryPort(family, port) : familyHead(family);
}

function querySource(source: Address): Uint8Array {
  const address = renderAttribute(CTA_IP_SRC[4], bigEndian(addressWords(source).slice(3)));
  return Buffer.concat([familyHead(4), ...renderFilter(nest(CTA_TUPLE_IP, address), FILTER_SOURCE)]);
}

function queryPort(family: Family, { protocol, first }: QueriedPorts): Uint8Array {
  const tuple = nest(
    CTA_TUPLE_PROTO,
    renderAttribute(CTA_PROTO_NUM, Uint8Array.of(PROTOCOL_NUMBER[protocol])),
    renderAttribute(CTA_PROTO_DST_PORT, portBytes(first)),
  );
  return Buffer.concat([
    familyHead(family),
    ...renderFilter(tuple, FILTER_PROTOCOL | FILTER_DESTINATION_PORT),
  ]);
}

function renderFilter(tuple: Uint8Array, shared: number): Uint8Array[] {
  const flags = Buffer.alloc(4);
  flags.writeUInt32LE(shared);
  return [nest(CTA_TUPLE_ORIG, tuple), nest(CTA_FILTER, renderAttribute(CTA_FILTER_ORIG_FLAGS, flags))];
}

/** The body of a request to add an established TCP connection, begun by the remote side, to the connection tracking. */
export function renderEstablished({ local, localPort, remote, remotePort }: SocketEnds): Uint8Array {
  const flags = [CTA_PROTOINFO_TCP_FLAGS.original, CTA_PROTOINFO_TCP_FLAGS.reply];
  const tcp = nest(
    CTA_PROTOINFO_TCP,
    renderAttribute(CTA_PROTOINFO_TCP_STATE, Uint8Array.of(TCP_ESTABLISHED)),
    ...flags.map((type) => renderAttribute(type, TCP_BE_LIBERAL)),
  );
  return Buffer.concat([
    familyHead(familyOf(local)),
    renderTuple(CTA_TUPLE_ORIG, [remote, remotePort], [local, localPort]),
    renderTuple(CTA_TUPLE_REPLY, [local, localPort], [remote, remotePort]),
    renderAttribute(CTA_STATUS, bigEndian([IPS_SEEN_REPLY | IPS_ASSURED | IPS_CONFIRMED])),
    renderAttribute(CTA_TIMEOUT, bigEndian([ESTABLISHED_TIMEOUT])),
    nest(CTA_PROTOINFO, tcp),
  ]);
}

type End = readonly [address: Address, port: number];

function renderTuple(
  type: number,
  [source, sourcePort]: End,
  [destination, destinationPort]: End,
): Uint8Array {
  const family = familyOf(source);
  const bytes = (address: Address): Uint8Array =>
    bigEndian(addressWords(address).slice(family === 4 ? 3 : 0));
  return nest(
    type,
    nest(
      CTA_TUPLE_IP,
      renderAttribute(CTA_IP_SRC[family], bytes(source)),
      renderAttribute(CTA_IP_DST[family], bytes(destination)),
    ),
    nest(
      CTA_TUPLE_PROTO,
      renderAttribute(CTA_PROTO_NUM, Uint8Array.of(PROTOCOL_NUMBER.tcp)),
      renderAttribute(CTA_PROTO_SRC_PORT, portBytes(sourcePort)),
      renderAttribute(CTA_PROTO_DST_PORT, portBytes(destinationPort)),
    ),
  );
}

function portBytes(port: number): Uint8Array {
  return Uint8Array.of(port >> 8, port & 255);
}

/** The body of a request to delete the entry that `name` identifies. */
export function renderConntrackDelete(source: Address, name: Uint8Array): Uint8Array {
  return Buffer.concat([familyHead(familyOf(source)), name]);
}

function familyHead(family: Family): Uint8Array {
  return Uint8Array.of(AF_INET[family], 0, 0, 0);
}

export function nest(type: number, ...values: readonly Uint8Array[]): Uint8Array {
  return renderAttribute(type | NLA_F_NESTED, Buffer.concat(values));
}

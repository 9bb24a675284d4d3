import { type Address, addressWords, type Family, familyOf, renderAddress } from '../../core/net/address.ts';
import { prefixAround } from '../../core/net/prefix.ts';
import { PROTOCOL_NUMBER, type Protocol } from '../../core/net/protocol.ts';
import { bigEndian, NLA_F_NESTED, readAttributes, renderAttribute } from '../netlink/netlink-message.ts';
import type { ConnectionState, Sought, SoughtPorts, TrackedConnection } from './connections.ts';
import type { SocketEnds } from './socket-messages.ts';

/** linux/netfilter/nfnetlink.h and nfnetlink_conntrack.h. */
const NFNL_SUBSYS_CTNETLINK = 1;
export const CT_NEW = (NFNL_SUBSYS_CTNETLINK << 8) | 0;
export const CT_GET = (NFNL_SUBSYS_CTNETLINK << 8) | 1;
export const CT_DELETE = (NFNL_SUBSYS_CTNETLINK << 8) | 2;
const CTA_TUPLE_ORIG = 1;
const CTA_TUPLE_REPLY = 2;
const CTA_STATUS = 3;
const CTA_PROTOINFO = 4;
const CTA_TIMEOUT = 7;
const CTA_ID = 12;
const CTA_ZONE = 18;
const CTA_FILTER = 25;
const CTA_FILTER_ORIG_FLAGS = 1;
const CTA_TUPLE_IP = 1;
const CTA_TUPLE_PROTO = 2;
const CTA_IP_SRC = { 4: 1, 6: 3 } as const;
const CTA_IP_DST = { 4: 2, 6: 4 } as const;
const CTA_PROTO_NUM = 1;
const CTA_PROTO_SRC_PORT = 2;
const CTA_PROTO_DST_PORT = 3;
const CTA_PROTOINFO_TCP = 1;
const CTA_PROTOINFO_TCP_STATE = 1;
const CTA_PROTOINFO_TCP_FLAGS = { original: 4, reply: 5 } as const;

/** net/netfilter/nf_internals.h: what of the tuple an entry has to share. */
const FILTER_SOURCE = 1 << 0;
const FILTER_PROTOCOL = 1 << 3;
const FILTER_DESTINATION_PORT = 1 << 5;

/** linux/netfilter/nf_conntrack_common.h: answered; so many segments have gone both ways that it was a connection. */
const IPS_SEEN_REPLY = 1 << 1;
const IPS_ASSURED = 1 << 2;
const IPS_CONFIRMED = 1 << 3;

/** linux/netfilter/nf_conntrack_tcp.h: the windows of a connection that began unseen are not known. */
const TCP_BE_LIBERAL = Uint8Array.of(0x08, 0x08);
const TCP_ESTABLISHED = 3;

/** nf_conntrack_tcp_timeout_established as the kernel has it, in seconds: the next packet sets it to the host's own. */
const ESTABLISHED_TIMEOUT = 432_000;

/** struct nfgenmsg: family u8, version u8, resource u16. */
const FAMILY_BYTES = 4;
const AF_INET = { 4: 2, 6: 10 } as const;

/**
 * The bodies of requests that bring what is sought, and more: kernels before 5.8 do not know the filter and send all
 * of the family, so the reader has to look in any case. One for each family, since each has the kernel look through its
 * whole table. IPv6 is never asked for by its address: kernels have been seen (6.18) to leave out exactly that one.
 */
export function renderQueries({ sources, ports }: Sought): Uint8Array[] {
  if (typeof sources === 'number') return [queryFamily(sources, ports)];
  return ([4, 6] as const).flatMap((family) => {
    const [one, ...others] = [...sources].filter((source) => familyOf(source) === family);
    if (one === undefined) return [];
    return [family === 4 && others.length === 0 ? querySource(one) : queryFamily(family, ports)];
  });
}

function queryFamily(family: Family, [port, ...others]: readonly SoughtPorts[]): Uint8Array {
  const isOne = port !== undefined && others.length === 0 && port.first === port.last;
  return isOne ? queryPort(family, port) : familyHead(family);
}

function querySource(source: Address): Uint8Array {
  const address = renderAttribute(CTA_IP_SRC[4], bigEndian(addressWords(source).slice(3)));
  return Buffer.concat([familyHead(4), ...renderFilter(nest(CTA_TUPLE_IP, address), FILTER_SOURCE)]);
}

function queryPort(family: Family, { protocol, first }: SoughtPorts): Uint8Array {
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

/** The body of a request to take an established connection of TCP for known, begun by the remote side. */
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

/** The body of a request to forget the entry that `name` names. */
export function renderForget(source: Address, name: Uint8Array): Uint8Array {
  return Buffer.concat([familyHead(familyOf(source)), name]);
}

function familyHead(family: Family): Uint8Array {
  return Uint8Array.of(AF_INET[family], 0, 0, 0);
}

/** An entry, but for what the entry itself does not tell: whether it ends at this host. */
export type TrackedEntry = Omit<TrackedConnection, 'path'>;

/** Reads one entry if it is sought; `undefined` for any other, and for what is cut short. */
export function readEntry(body: DataView, sought: Sought): TrackedEntry | undefined {
  if (body.byteLength < FAMILY_BYTES) return undefined;
  const found = readAttributes(body, FAMILY_BYTES);
  const rawOriginal = found.get(CTA_TUPLE_ORIG);
  const original = readTuple(rawOriginal);
  if (original === undefined || !isSought(original, sought)) return undefined;
  const reply = readTuple(found.get(CTA_TUPLE_REPLY));
  const id = found.get(CTA_ID);
  if (rawOriginal === undefined || reply === undefined || id?.byteLength !== 4) return undefined;
  return {
    id: id.getUint32(0),
    protocol: original.protocol,
    source: original.source,
    port: original.destinationPort,
    state: stateOf(original.protocol, found),
    ends: {
      local: reply.source,
      localPort: reply.sourcePort,
      remote: reply.destination,
      remotePort: reply.destinationPort,
      name: renderName(rawOriginal, id, found.get(CTA_ZONE)),
    },
  };
}

function isSought({ source, protocol, destinationPort }: Tuple, sought: Sought): boolean {
  if (!isSoughtSource(source, sought)) return false;
  return sought.ports.some(
    (one) => one.protocol === protocol && one.first <= destinationPort && destinationPort <= one.last,
  );
}

function isSoughtSource(source: Address, { sources, prefixes6 = [] }: Sought): boolean {
  if (typeof sources === 'number') return familyOf(source) === sources;
  if (sources.has(source)) return true;
  return familyOf(source) === 6 && prefixes6.some((length) => sources.has(prefixAround(source, length).base));
}

/** With its number, so that another entry that has meanwhile taken its place is left alone. */
function renderName(original: DataView, id: DataView, zone: DataView | undefined): Uint8Array {
  return Buffer.concat([
    nest(CTA_TUPLE_ORIG, bytesOf(original)),
    renderAttribute(CTA_ID, bytesOf(id)),
    ...(zone === undefined ? [] : [renderAttribute(CTA_ZONE, bytesOf(zone))]),
  ]);
}

/** linux/netfilter/nf_conntrack_tcp.h, enum tcp_conntrack: from SYN_RECV on the other side has answered. */
const TCP_STATES: Readonly<Record<number, ConnectionState>> = {
  3: 'alive', // ESTABLISHED
  2: 'alive', // SYN_RECV
  4: 'alive', // FIN_WAIT
  5: 'alive', // CLOSE_WAIT
  6: 'ended', // LAST_ACK
  7: 'ended', // TIME_WAIT
};
const TCP_CONNTRACK_CLOSE = 8;

/**
 * An exchange of datagrams is alive for as long as the kernel remembers it, 30 s after the last one or 120 s after a
 * longer exchange: there is no other end to it. One datagram alone, under whatever source address, makes none: it has to
 * have been answered.
 */
function stateOf(protocol: Protocol, found: ReadonlyMap<number, DataView>): ConnectionState {
  if (protocol === 'udp') return hasStatus(found, IPS_SEEN_REPLY) ? 'alive' : 'asked';
  const state = tcpState(found.get(CTA_PROTOINFO));
  // A reset ends a connection, or refuses to begin one.
  if (state === TCP_CONNTRACK_CLOSE) return hasStatus(found, IPS_ASSURED) ? 'ended' : 'refused';
  return TCP_STATES[state] ?? 'asked';
}

function tcpState(info: DataView | undefined): number {
  const tcp = info === undefined ? undefined : readAttributes(info).get(CTA_PROTOINFO_TCP);
  const state = tcp === undefined ? undefined : readAttributes(tcp).get(CTA_PROTOINFO_TCP_STATE);
  return state?.byteLength === 1 ? state.getUint8(0) : 0;
}

function hasStatus(found: ReadonlyMap<number, DataView>, bit: number): boolean {
  const status = found.get(CTA_STATUS);
  return status?.byteLength === 4 && (status.getUint32(0) & bit) !== 0;
}

type Tuple = {
  readonly protocol: Protocol;
  readonly source: Address;
  readonly sourcePort: number;
  readonly destination: Address;
  readonly destinationPort: number;
};

function readTuple(tuple: DataView | undefined): Tuple | undefined {
  if (tuple === undefined) return undefined;
  const parts = readAttributes(tuple);
  const [ip, proto] = [parts.get(CTA_TUPLE_IP), parts.get(CTA_TUPLE_PROTO)];
  if (ip === undefined || proto === undefined) return undefined;
  const ports = readAttributes(proto);
  const protocol = protocolOf(ports.get(CTA_PROTO_NUM));
  const sourcePort = portOf(ports.get(CTA_PROTO_SRC_PORT));
  const destinationPort = portOf(ports.get(CTA_PROTO_DST_PORT));
  if (protocol === undefined || sourcePort === undefined || destinationPort === undefined) return undefined;
  const addresses = readAttributes(ip);
  const source = addressOf(addresses, CTA_IP_SRC);
  const destination = addressOf(addresses, CTA_IP_DST);
  if (source === undefined || destination === undefined) return undefined;
  return { protocol, source, sourcePort, destination, destinationPort };
}

function protocolOf(value: DataView | undefined): Protocol | undefined {
  const number = value?.byteLength === 1 ? value.getUint8(0) : undefined;
  if (number === PROTOCOL_NUMBER.tcp) return 'tcp';
  return number === PROTOCOL_NUMBER.udp ? 'udp' : undefined;
}

function portOf(value: DataView | undefined): number | undefined {
  return value?.byteLength === 2 ? value.getUint16(0) : undefined;
}

function addressOf(
  found: ReadonlyMap<number, DataView>,
  types: Readonly<Record<4 | 6, number>>,
): Address | undefined {
  const [four, six] = [found.get(types[4]), found.get(types[6])];
  if (four?.byteLength === 4) return renderAddress(4, 0, 0, 0, four.getUint32(0));
  if (six?.byteLength !== 16) return undefined;
  const word = (at: number): number => six.getUint32(at);
  return renderAddress(6, word(0), word(4), word(8), word(12));
}

function nest(type: number, ...values: readonly Uint8Array[]): Uint8Array {
  return renderAttribute(type | NLA_F_NESTED, Buffer.concat(values));
}

/** A copy: what was received is overwritten by what is received next. */
function bytesOf(value: DataView): Uint8Array {
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice();
}

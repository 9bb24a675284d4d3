import { type Address, familyOf, renderAddress } from '../../core/net/address.ts';
import { prefixAround } from '../../core/net/prefix.ts';
import { PROTOCOL_NUMBER, type Protocol } from '../../core/net/protocol.ts';
import { readAttributes, renderAttribute } from '../netlink/netlink-message.ts';
import type { ConnectionQuery, ConnectionState, TrackedConnection } from './connections.ts';
import {
  CTA_ID,
  CTA_IP_DST,
  CTA_IP_SRC,
  CTA_PROTO_DST_PORT,
  CTA_PROTO_NUM,
  CTA_PROTO_SRC_PORT,
  CTA_PROTOINFO,
  CTA_PROTOINFO_TCP,
  CTA_PROTOINFO_TCP_STATE,
  CTA_STATUS,
  CTA_TUPLE_IP,
  CTA_TUPLE_ORIG,
  CTA_TUPLE_PROTO,
  CTA_TUPLE_REPLY,
  CTA_ZONE,
  FAMILY_BYTES,
  IPS_ASSURED,
  IPS_SEEN_REPLY,
  nest,
} from './conntrack-messages.ts';

/** An entry without `path`, which the entry itself does not tell. */
export type TrackedEntry = Omit<TrackedConnection, 'path'>;

/** Reads one entry if it matches; `undefined` for any other, and for a truncated one. */
export function readEntry(body: DataView, sought: ConnectionQuery): TrackedEntry | undefined {
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

function isSought({ source, protocol, destinationPort }: Tuple, sought: ConnectionQuery): boolean {
  if (!isSoughtSource(source, sought)) return false;
  return sought.ports.some(
    (one) => one.protocol === protocol && one.first <= destinationPort && destinationPort <= one.last,
  );
}

function isSoughtSource(source: Address, { sources, prefixes6 = [] }: ConnectionQuery): boolean {
  if (typeof sources === 'number') return familyOf(source) === sources;
  if (sources.has(source)) return true;
  return familyOf(source) === 6 && prefixes6.some((length) => sources.has(prefixAround(source, length).base));
}

/** Includes the id, so that another entry that has replaced it meanwhile is left alone. */
function renderName(original: DataView, id: DataView, zone: DataView | undefined): Uint8Array {
  return Buffer.concat([
    nest(CTA_TUPLE_ORIG, bytesOf(original)),
    renderAttribute(CTA_ID, bytesOf(id)),
    ...(zone === undefined ? [] : [renderAttribute(CTA_ZONE, bytesOf(zone))]),
  ]);
}

/** linux/netfilter/nf_conntrack_tcp.h, enum tcp_conntrack: from SYN_RECV on, the other side has answered. */
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
 * A UDP exchange is alive as long as the kernel remembers it: 30 s after the last datagram, or 120 s after a longer
 * exchange. It has no other end. A single datagram, whose source may be forged, does not count: it must have been
 * answered.
 */
function stateOf(protocol: Protocol, found: ReadonlyMap<number, DataView>): ConnectionState {
  if (protocol === 'udp') return hasStatus(found, IPS_SEEN_REPLY) ? 'alive' : 'asked';
  const state = tcpState(found.get(CTA_PROTOINFO));
  // A reset ends an established connection, or refuses a new one.
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

/** A copy, because the receive buffer is reused. */
function bytesOf(value: DataView): Uint8Array {
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice();
}

import { type Address, addressWords, familyOf } from '../../core/net/address.ts';
import type { MessageWriter } from './message-writer.ts';
import { bigEndian, NLM_F_REQUEST, readAttributes, renderAttribute } from './netlink-message.ts';

/** linux/rtnetlink.h. */
export const RTM_GETROUTE = 26;
const RTA_DST = 1;
const RTA_SRC = 2;
const RTA_IIF = 3;
const RTA_OIF = 4;
const RTA_IP_PROTO = 27;
const RTA_SPORT = 28;
const RTA_DPORT = 29;
const RTM_BYTES = 12;
const RTN_UNICAST = 1;
const RTN_LOCAL = 2;

/** RTN_LOCAL, RTN_BROADCAST, RTN_ANYCAST, RTN_MULTICAST: packets to it are delivered locally. */
const DELIVERED: ReadonlySet<number> = new Set([2, 3, 4, 5]);

const AF_INET = { 4: 2, 6: 10 } as const;

/** A packet that arrives on an interface, with the fields that routing uses. */
export type IncomingPacket = {
  readonly source: Address;
  readonly destination: Address;
  /** The interface's index. */
  readonly by: number;
  /** 6 or 17. */
  readonly protocol: number;
  readonly sourcePort: number;
  readonly port: number;
};

/** Asks for the route to this address; `vrf`: within this VRF, by its interface's index. */
export function renderRouteQuery(address: Address, vrf?: number): Uint8Array {
  const within = vrf === undefined ? [] : [renderAttribute(RTA_OIF, wordBytes(vrf))];
  return Buffer.concat([routeHead(address), addressAttribute(RTA_DST, address), ...within]);
}

/** Asks what happens to an incoming packet. */
export function writeIncomingQuery(to: MessageWriter, packet: IncomingPacket, sequence: number): Uint8Array {
  const { source, destination, by, protocol, sourcePort, port } = packet;
  to.restart(INCOMING_BYTES);
  const message = to.begin(RTM_GETROUTE, NLM_F_REQUEST, sequence);
  const family = familyOf(destination);
  to.byte(AF_INET[family]);
  to.byte(family === 4 ? 32 : 128);
  for (let i = 2; i < RTM_BYTES; i++) to.byte(0);
  writeAddress(to, RTA_DST, destination);
  writeAddress(to, RTA_SRC, source);
  to.wordAttribute(RTA_IIF, by, false);
  const protocolAt = to.beginAttribute(RTA_IP_PROTO);
  to.byte(protocol);
  to.endAttribute(protocolAt);
  writePort(to, RTA_SPORT, sourcePort);
  writePort(to, RTA_DPORT, port);
  to.end(message);
  return to.bytes;
}

/** No less than a query with IPv6 addresses has. */
const INCOMING_BYTES = 128;

function writeAddress(to: MessageWriter, type: number, address: Address): void {
  const attribute = to.beginAttribute(type);
  to.address(address);
  to.endAttribute(attribute);
}

function writePort(to: MessageWriter, type: number, port: number): void {
  const attribute = to.beginAttribute(type);
  to.byte(port >> 8);
  to.byte(port & 255);
  to.endAttribute(attribute);
}

/** Whether packets on this route end at this host. */
export function endsHere(body: DataView): boolean {
  return body.byteLength >= RTM_BYTES && DELIVERED.has(body.getUint8(7));
}

/** The index of the outgoing interface; `local`: this host; `none`: a route that drops packets. */
export function routeOf(body: DataView): number | 'local' | 'none' {
  const type = body.byteLength >= RTM_BYTES ? body.getUint8(7) : 0;
  if (type === RTN_LOCAL) return 'local';
  const out = type === RTN_UNICAST ? readAttributes(body, RTM_BYTES).get(RTA_OIF) : undefined;
  return out?.byteLength === 4 ? out.getUint32(0, true) : 'none';
}

/** struct rtmsg: family u8, prefix length u8, then 10 more bytes. */
function routeHead(address: Address): Uint8Array {
  const family = familyOf(address);
  const head = new Uint8Array(RTM_BYTES);
  head[0] = AF_INET[family];
  head[1] = family === 4 ? 32 : 128;
  return head;
}

function addressAttribute(type: number, address: Address): Uint8Array {
  return renderAttribute(type, bigEndian(addressWords(address).slice(familyOf(address) === 4 ? 3 : 0)));
}

function wordBytes(value: number): Uint8Array {
  return new Uint8Array(new Uint32Array([value]).buffer);
}

import type { Address } from '../../core/net/address.ts';
import type { HostInterface } from '../../core/net/host-interface.ts';
import type { LocalRoute } from '../../core/net/local-route.ts';
import { NETLINK_ROUTE } from '../ffi/open-netlink.ts';
import type { Readiness } from '../ffi/readiness.ts';
import { watchNetlink } from '../netlink/netlink-events.ts';
import { type NetlinkSocket, openRouteSocket, ROUTE_SOCKET } from '../netlink/netlink-socket.ts';
import { dumpNetlink } from './dump-netlink.ts';
import type { NetlinkRow } from './read-netlink.ts';
import { routeEventFilter } from './route-event-filter.ts';

/** linux/rtnetlink.h. */
const RTMGRP_LINK = 0x1;
const RTMGRP_IPV4_IFADDR = 0x10;
const RTMGRP_IPV4_ROUTE = 0x40;
const RTMGRP_IPV6_IFADDR = 0x100;
const RTMGRP_IPV6_ROUTE = 0x400;
const RTM_GETLINK = 18;
const RTM_GETADDR = 22;
const RTM_GETROUTE = 26;
const RT_TABLE_LOCAL = 255;
const RTA_TABLE = 15;
const IFLA_EXT_MASK = 29;
/** Omits interface statistics, which make up half of a list. */
const RTEXT_FILTER_SKIP_STATS = 8;

const FAMILIES = [2, 10] as const;

/** BOUNDED: local routes followed. Addresses of further ones count as foreign. */
const MAX_LOCAL_ROUTES = 65_536;

/** A router's table may hold a million routes: they are read and followed only on request. */
export type InterfaceQuery = { readonly routes: boolean };

/** All interfaces with their addresses, as the kernel has them now. Without `routes`, default routes are not marked. */
export function readInterfaces({ routes }: InterfaceQuery): HostInterface[] {
  using socket = openFilteringSocket();
  const rows = [
    ...dumpNetlink(socket, RTM_GETLINK, linkRequest()),
    ...dumpNetlink(socket, RTM_GETADDR, new Uint8Array(8)),
    ...(routes ? dumpNetlink(socket, RTM_GETROUTE, new Uint8Array(12)) : []),
  ];
  return assemble(rows);
}

/** The routes that deliver to this host, in the tables that apply to every packet: `local`, and those of VRFs. */
export type LocalRoutes = {
  readonly routes: readonly LocalRoute[];
  /** There are more than are followed. */
  readonly isCut: boolean;
};

/**
 * Local routes in other tables apply only to packets that a rule sends there (TPROXY: all packets with a mark), and do
 * not make an address the host's own.
 */
export function readLocalRoutes(interfaces: readonly HostInterface[]): LocalRoutes {
  const vrfs = interfaces.flatMap(({ table }) => (table === undefined ? [] : [table]));
  const routes: LocalRoute[] = [];
  using socket = openFilteringSocket();
  for (const table of new Set([RT_TABLE_LOCAL, ...vrfs])) {
    for (const family of FAMILIES) {
      // An older kernel lists all tables. Rows of others are skipped.
      for (const row of dumpNetlink(socket, RTM_GETROUTE, routeRequest(family, table))) {
        if (row.kind !== 'local-route' || row.table !== table) continue;
        if (routes.length === MAX_LOCAL_ROUTES) return { routes, isCut: true };
        routes.push(row.route);
      }
    }
  }
  return { routes, isCut: false };
}

function openFilteringSocket(): NetlinkSocket {
  const socket = openRouteSocket();
  socket.filterLists();
  return socket;
}

/**
 * Calls back after every change of a link, an address, a local route or, if requested, a default route.
 * `readInterfaces` and `readLocalRoutes` return the new state.
 */
export function watchInterfaces({ routes }: InterfaceQuery, onChange: () => void): Readiness {
  const links = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
  const events = {
    protocol: NETLINK_ROUTE,
    groups: links | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE,
    filter: routeEventFilter(routes),
    subject: ROUTE_SOCKET,
  };
  return watchNetlink(events, () => true, onChange);
}

/** struct ifinfomsg: 16 bytes; then one attribute. */
function linkRequest(): Uint8Array {
  const bytes = new Uint8Array(16 + 8);
  const view = new DataView(bytes.buffer);
  view.setUint16(16, 8, true);
  view.setUint16(18, IFLA_EXT_MASK, true);
  view.setUint32(20, RTEXT_FILTER_SKIP_STATS, true);
  return bytes;
}

/** struct rtmsg: 12 bytes, the family first; then one attribute. */
function routeRequest(family: number, table: number): Uint8Array {
  const bytes = new Uint8Array(12 + 8);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, family);
  view.setUint16(12, 8, true);
  view.setUint16(14, RTA_TABLE, true);
  view.setUint32(16, table, true);
  return bytes;
}

function assemble(rows: readonly NetlinkRow[]): HostInterface[] {
  const addresses = new Map<number, Address[]>();
  const withDefaultRoute = new Set<number>();
  for (const row of rows) {
    if (row.kind === 'default-route') withDefaultRoute.add(row.index);
    else if (row.kind === 'address') {
      const known = addresses.get(row.index);
      if (known === undefined) addresses.set(row.index, [row.address]);
      else known.push(row.address);
    }
  }
  return rows
    .filter((row) => row.kind === 'link')
    .map(({ kind: _, ...link }) => ({
      ...link,
      addresses: addresses.get(link.index) ?? [],
      defaultRoute: withDefaultRoute.has(link.index),
    }));
}

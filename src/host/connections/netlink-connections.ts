import type { Address } from '../../core/net/address.ts';
import { SystemCallError } from '../ffi/system-call-error.ts';
import { LINK_BYTES, RTM_GETLINK, readVrfIndex } from '../netlink/link-messages.ts';
import {
  type NetlinkSocket,
  openDiagnosisSocket,
  openRouteSocket,
  openTrackingSocket,
} from '../netlink/netlink-socket.ts';
import { endsHere, RTM_GETROUTE, renderRouteQuery } from '../netlink/route-messages.ts';
import {
  type BoundSocket,
  readBoundSocket,
  readCookie,
  renderSocketQuery,
  renderSocketRequest,
  SOCK_DESTROY,
  SOCK_DIAG_BY_FAMILY,
  type SocketEnds,
} from '../netlink/socket-messages.ts';
import type { ConnectionQuery, Connections, TrackedConnection } from './connections.ts';
import { CT_DELETE, CT_GET, renderConntrackDelete, renderQueries } from './conntrack-messages.ts';
import { readEntry, type TrackedEntry } from './read-conntrack.ts';

/** asm-generic/errno-base.h and errno.h. */
const ENOENT = 2;
const EOPNOTSUPP = 95;
const ESTALE = 116;

/** BOUNDED: connections listed at a time. Others appear once these are gone. */
const MAX_LISTED = 65_536;

/**
 * Connections through netlink: ctnetlink lists them, sock_diag ends sockets. Each call has its own sockets, so an
 * aborted list leaves nothing behind.
 */
export class NetlinkConnections implements Connections {
  listNow(sought: ConnectionQuery): readonly TrackedConnection[] {
    const found = new Found(sought);
    withSocket(openTrackingSocket, (tracking) => {
      for (const query of renderQueries(sought)) tracking.listNow(CT_GET, query, found.add);
    });
    return found.connections();
  }

  async list(sought: ConnectionQuery): Promise<readonly TrackedConnection[]> {
    const found = new Found(sought);
    using tracking = openTrackingSocket();
    for (const query of renderQueries(sought)) await tracking.list(CT_GET, query, found.add);
    return found.connections();
  }

  cut(connections: readonly TrackedConnection[]): void {
    // The socket first: its reset must leave as part of the connection.
    const sockets = connections.filter(({ protocol, path }) => protocol === 'tcp' && path === 'input');
    if (sockets.length > 0) {
      withSocket(openDiagnosisSocket, (diagnosis) => {
        destroySockets(diagnosis, sockets);
      });
    }
    withSocket(openTrackingSocket, (tracking) => {
      for (const connection of connections) forgetEntry(tracking, connection);
    });
  }
}

/** Collects entries. */
class Found {
  readonly #sought: ConnectionQuery;
  /** By kernel id: an entry listed twice counts once. */
  readonly #entries = new Map<number, TrackedEntry>();

  constructor(sought: ConnectionQuery) {
    this.#sought = sought;
  }

  readonly add = (body: DataView): void => {
    if (this.#entries.size >= MAX_LISTED) return;
    const entry = readEntry(body, this.#sought);
    if (entry !== undefined) this.#entries.set(entry.id, entry);
  };

  connections(): TrackedConnection[] {
    if (this.#entries.size === 0) return [];
    // BOUNDED: by MAX_LISTED.
    const here = new Map<Address, boolean>();
    return withSocket(openRouteSocket, (routes) => {
      const destinations = new Destinations(routes);
      return [...this.#entries.values()].map((entry) => {
        const { local } = entry.ends;
        const isHere = here.get(local) ?? destinations.isHere(local);
        here.set(local, isHere);
        return { ...entry, path: isHere ? 'input' : 'forward' };
      });
    });
  }
}

/** Tells which addresses are this host's own, in any VRF. An address without a route is not. */
class Destinations {
  readonly #routes: NetlinkSocket;
  #vrfs: readonly number[] | undefined;

  constructor(routes: NetlinkSocket) {
    this.#routes = routes;
  }

  isHere(address: Address): boolean {
    return this.#isDelivered(address) || this.#listVrfs().some((vrf) => this.#isDelivered(address, vrf));
  }

  #isDelivered(address: Address, vrf?: number): boolean {
    const answer = this.#routes.ask(RTM_GETROUTE, renderRouteQuery(address, vrf));
    return typeof answer !== 'number' && endsHere(answer);
  }

  #listVrfs(): readonly number[] {
    if (this.#vrfs !== undefined) return this.#vrfs;
    const vrfs = new Set<number>();
    this.#routes.listNow(RTM_GETLINK, new Uint8Array(LINK_BYTES), (body) => {
      const index = readVrfIndex(body);
      if (index !== undefined) vrfs.add(index);
    });
    this.#vrfs = [...vrfs];
    return this.#vrfs;
  }
}

/** Sockets that are not found by their addresses may be bound to a device, as all within a VRF are. */
function destroySockets(diagnosis: NetlinkSocket, connections: readonly TrackedConnection[]): void {
  const others = connections.filter(({ ends }) => !destroySocket(diagnosis, ends));
  for (const [port, some] of Map.groupBy(others, ({ ends }) => ends.localPort)) {
    const sought = new Map(some.map(({ ends }) => [renderEnds(ends), ends]));
    for (const family of [4, 6] as const) {
      const bound: BoundSocket[] = [];
      diagnosis.listNow(SOCK_DIAG_BY_FAMILY, renderSocketQuery(family, port), (body) => {
        const socket = readBoundSocket(body);
        if (socket !== undefined && sought.has(renderEnds(socket))) bound.push(socket);
      });
      for (const socket of bound) destroy(diagnosis, socket, socket.cookie, socket.device);
    }
  }
}

/** Returns whether it existed. */
function destroySocket(diagnosis: NetlinkSocket, ends: SocketEnds): boolean {
  const found = diagnosis.ask(SOCK_DIAG_BY_FAMILY, renderSocketRequest(ends));
  const cookie = typeof found === 'number' ? undefined : readCookie(found, ends);
  if (cookie !== undefined) destroy(diagnosis, ends, cookie, 0);
  return cookie !== undefined;
}

/** Without CONFIG_INET_DIAG_DESTROY or the kernel module, the socket ends when its packets no longer get through. */
function destroy(diagnosis: NetlinkSocket, ends: SocketEnds, cookie: Uint8Array, device: number): void {
  const errno = diagnosis.order(SOCK_DESTROY, renderSocketRequest(ends, cookie, device));
  if (errno === 0 || errno === ENOENT || errno === ESTALE || errno === EOPNOTSUPP) return;
  throw new SystemCallError('SOCK_DESTROY', renderEnds(ends), errno);
}

function forgetEntry(tracking: NetlinkSocket, { source, ends }: TrackedConnection): void {
  const errno = tracking.order(CT_DELETE, renderConntrackDelete(source, ends.name));
  if (errno === 0 || errno === ENOENT) return;
  throw new SystemCallError('IPCTNL_MSG_CT_DELETE', renderEnds(ends), errno);
}

function renderEnds({ local, localPort, remote, remotePort }: SocketEnds): string {
  return `the connection of ${remote} port ${remotePort} to ${local} port ${localPort}`;
}

function withSocket<Result>(open: () => NetlinkSocket, act: (socket: NetlinkSocket) => Result): Result {
  using socket = open();
  return act(socket);
}

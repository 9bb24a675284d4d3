import { hasConnection } from '../../../core/door/closed-ports.ts';
import { type PortOpening, renderPortOpenings } from '../../../core/door/port-opening.ts';
import type { Address } from '../../../core/net/address.ts';
import type { Connection } from '../../../core/net/connection.ts';
import { readEstablishedSockets } from '../../../host/connections/established-sockets.ts';
import { readTrackedConnections } from '../../../host/connections/tracked-connections.ts';

/** BOUNDED: more connections would not change the answer. */
const MAX_FOUND = 1000;
const SHOWN = 5;

/** A connected user could not reconnect. The message is for the operator. */
export class LockoutError extends Error {
  override readonly name = 'LockoutError';
}

export type ExistingConnections = {
  readonly connections: readonly Connection[];
  /** Why the list may be incomplete. */
  readonly blind?: string;
};

/** The connections of other hosts to these ports. */
export function findConnections(ports: readonly PortOpening[], own: readonly Address[]): ExistingConnections {
  const ownAddresses = new Set(own);
  const isOwn = (address: Address): boolean =>
    ownAddresses.has(address) || address.startsWith('127.') || address === '::1';
  const isWanted = (one: Connection): boolean => hasConnection(ports, one) && !isOwn(one.peer);
  const sockets = readEstablishedSockets(isWanted, MAX_FOUND);
  if (!ports.some(({ protocol, path }) => protocol === 'udp' || path === 'forward')) {
    return { connections: sockets };
  }
  try {
    const isOther = (one: Connection): boolean =>
      isWanted(one) && (one.protocol === 'udp' || one.path === 'forward');
    return { connections: [...sockets, ...readTrackedConnections(isOwn, isOther, MAX_FOUND)] };
  } catch (error) {
    return { connections: sockets, blind: (error as Error).message };
  }
}

export function renderConnections(
  ports: readonly PortOpening[],
  connections: readonly Connection[],
): string[] {
  const touched = ports.filter((one) => connections.some((connection) => hasConnection([one], connection)));
  const more = connections.length - SHOWN;
  return [
    `${renderPortOpenings(touched)} would be closed to new connections for the first time, and there are established connections from other machines:`,
    ...connections
      .slice(0, SHOWN)
      .map(
        ({ peer, peerPort, protocol, port }) => `    from ${peer} port ${peerPort} to ${protocol}/${port}`,
      ),
    ...(more > 0 ? [`    and ${more} more`] : []),
    'Established connections would live on, but any new connection, yours included, will need the knock.',
  ];
}

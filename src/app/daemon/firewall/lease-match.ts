import { portsOn } from '../../../core/door/port-opening.ts';
import type { Lease, LeasePorts } from '../../../core/lease/lease.ts';
import { coversAddress, leasePrefix } from '../../../core/lease/lease-prefix.ts';
import { type Address, familyOf } from '../../../core/net/address.ts';
import { prefixAround, renderPrefix } from '../../../core/net/prefix.ts';
import type {
  ConnectionQuery,
  QueriedPorts,
  TrackedConnection,
} from '../../../host/connections/connections.ts';

/** A lease that has to track the connections made through it. */
export type PortLease = Lease & { readonly opened: LeasePorts };

export function tracksConnections(lease: Lease): lease is PortLease {
  return lease.opened !== undefined && (lease.opened.hold || lease.opened.closeKills);
}

/** Covers more than needed if the leases belong to several doors: each source with each port. */
export function queryForLeases(leases: Iterable<{ readonly lease: PortLease }>): ConnectionQuery {
  const sources = new Set<Address>();
  const prefixes6 = new Set<number>();
  const ports = new Map<string, QueriedPorts>();
  for (const { lease } of leases) {
    sources.add(leasePrefix(lease).base);
    if (lease.opened.prefix6 !== undefined) prefixes6.add(lease.opened.prefix6);
    for (const one of lease.opened.ports) ports.set(`${one.protocol} ${one.first} ${one.last}`, one);
  }
  return { sources, prefixes6: [...prefixes6], ports: [...ports.values()] };
}

/** To or through this host. A connection to the same port elsewhere does not belong to the door. */
export function isOn(lease: PortLease): (connection: TrackedConnection) => boolean {
  const own = lease.opened.ports;
  const ports = { input: portsOn(own, 'input'), forward: portsOn(own, 'forward') };
  return (connection) =>
    coversAddress(lease, connection.source) &&
    ports[connection.path].some(
      ({ protocol, first, last }) =>
        protocol === connection.protocol && first <= connection.port && connection.port <= last,
    );
}

export function isAlive({ state }: TrackedConnection): boolean {
  return state === 'alive';
}

/** A connection that is still being set up is cut when it exists. */
export function isCuttable({ state }: TrackedConnection): boolean {
  return state === 'alive' || state === 'asked';
}

export function renderPorts(ports: readonly QueriedPorts[]): string {
  return ports.map(({ protocol, first, last }) => `${protocol}/${first}-${last}`).join();
}

/** Connections by source address, and by the IPv6 prefixes of these lengths. */
export type ConnectionGroups = ReadonlyMap<string, readonly TrackedConnection[]>;

export function groupBySource(
  connections: readonly TrackedConnection[],
  prefixes6: readonly number[] = [],
): ConnectionGroups {
  const groups = new Map<string, TrackedConnection[]>();
  const put = (key: string, connection: TrackedConnection): void => {
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [connection]);
    else group.push(connection);
  };
  for (const connection of connections) {
    const { source } = connection;
    put(source, connection);
    if (familyOf(source) === 4) continue;
    for (const length of prefixes6) put(renderPrefix(prefixAround(source, length)), connection);
  }
  return groups;
}

/** Connections, to any port, whose source the lease lets in. */
export function connectionsOf(groups: ConnectionGroups, lease: PortLease): readonly TrackedConnection[] {
  return groups.get(renderPrefix(leasePrefix(lease))) ?? [];
}

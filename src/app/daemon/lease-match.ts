import { portsOn } from '../../core/door/port-opening.ts';
import type { Lease, LeasePorts } from '../../core/lease/lease.ts';
import type { Address } from '../../core/net/address.ts';
import type { Sought, SoughtPorts, TrackedConnection } from '../../host/connections/connections.ts';

/** A lease that minds the connections made through it. */
export type PortLease = Lease & { readonly opened: LeasePorts };

export function mindsConnections(lease: Lease): lease is PortLease {
  return lease.opened !== undefined && (lease.opened.hold || lease.opened.closeKills);
}

/** More than is looked for, where the leases are of several doors: each source with each port. */
export function soughtByAll(leases: Iterable<{ readonly lease: PortLease }>): Sought {
  const sources = new Set<Address>();
  const ports = new Map<string, SoughtPorts>();
  for (const { lease } of leases) {
    sources.add(lease.source);
    for (const one of lease.opened.ports) ports.set(`${one.protocol} ${one.first} ${one.last}`, one);
  }
  return { sources, ports: [...ports.values()] };
}

/** To this host, or through it: a connection to the same port elsewhere is none of the door's. */
export function isOn({ source, opened }: PortLease): (connection: TrackedConnection) => boolean {
  const ports = { input: portsOn(opened.ports, 'input'), forward: portsOn(opened.ports, 'forward') };
  return (connection) =>
    connection.source === source &&
    ports[connection.path].some(
      ({ protocol, first, last }) =>
        protocol === connection.protocol && first <= connection.port && connection.port <= last,
    );
}

export function isAlive({ state }: TrackedConnection): boolean {
  return state === 'alive';
}

/** One that is being asked for is made a moment later. */
export function isCuttable({ state }: TrackedConnection): boolean {
  return state === 'alive' || state === 'asked';
}

export function renderPorts(ports: readonly SoughtPorts[]): string {
  return ports.map(({ protocol, first, last }) => `${protocol}/${first}-${last}`).join();
}

export function groupBySource(
  connections: readonly TrackedConnection[],
): ReadonlyMap<Address, readonly TrackedConnection[]> {
  const groups = new Map<Address, TrackedConnection[]>();
  for (const connection of connections) {
    const group = groups.get(connection.source);
    if (group === undefined) groups.set(connection.source, [connection]);
    else group.push(connection);
  }
  return groups;
}

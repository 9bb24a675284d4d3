import type { Lease } from '../../../core/lease/lease.ts';
import type { Gate } from '../../../host/firewall/contract/firewall.ts';
import type { PortLease } from './lease-match.ts';

export function hasPorts(lease: Lease): lease is PortLease {
  return lease.opened !== undefined && lease.state !== 'closing';
}

/** The gates, and those of doors that the configuration has no more but that are open yet. */
export function withLeftover(gates: readonly Gate[], open: readonly PortLease[]): Gate[] {
  const all = new Map(gates.map((gate) => [gate.door, gate]));
  for (const { door, opened } of open) if (!all.has(door)) all.set(door, { door, ...opened });
  return [...all.values()];
}

/** Whether the gate’s connections are cut at the end of a lease. */
export function cuts({ closeKills = false }: Gate): boolean {
  return closeKills;
}

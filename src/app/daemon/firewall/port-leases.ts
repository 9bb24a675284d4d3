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

/**
 * Whether the door is one that the configuration has no more, and nothing of it is open: nobody could open its ports
 * again, so they are closed no more.
 */
export function isLastLeftover(door: string, gates: readonly Gate[], leases: readonly Lease[]): boolean {
  const isOpen = leases.some((lease) => lease.door === door && hasPorts(lease));
  return !isOpen && !gates.some((gate) => gate.door === door);
}

/** Whether the gate’s connections are cut at the end of a lease. */
export function cuts({ closeKills = false }: Gate): boolean {
  return closeKills;
}

import type { Lease } from '../../../core/lease/lease.ts';
import type { Gate } from '../../../host/firewall/contract/firewall.ts';
import type { PortLease } from './lease-match.ts';

export function hasPorts(lease: Lease): lease is PortLease {
  return lease.opened !== undefined && lease.state !== 'closing';
}

/** The gates, and those of removed doors that still have open leases. */
export function withLeftover(gates: readonly Gate[], open: readonly PortLease[]): Gate[] {
  const all = new Map(gates.map((gate) => [gate.door, gate]));
  for (const { door, opened } of open) if (!all.has(door)) all.set(door, { door, ...opened });
  return [...all.values()];
}

/**
 * Whether the door was removed from the configuration and has no open lease. Nobody could open its ports again, so they
 * are not kept closed.
 */
export function isLastLeftover(door: string, gates: readonly Gate[], leases: readonly Lease[]): boolean {
  const isOpen = leases.some((lease) => lease.door === door && hasPorts(lease));
  return !isOpen && !gates.some((gate) => gate.door === door);
}

/** Whether connections through this gate are cut at the end of a lease. */
export function cuts({ closeKills = false }: Gate): boolean {
  return closeKills;
}

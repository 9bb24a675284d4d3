import { portsOn } from '../../../core/door/port-opening.ts';
import type { Event } from '../../../core/event/event.ts';
import { importConnections } from '../../../host/connections/older-connections.ts';
import type { Gate } from '../../../host/firewall/contract/firewall.ts';
import { cuts } from './port-leases.ts';

/**
 * The rules of a door that cuts take a connection that the kernel does not know for one that has been cut. Those that
 * are older than its tracking, the owner's perhaps, are made known to it before, once. `before`: the gates until now.
 */
export function trackOlderConnections(
  gates: readonly Gate[],
  before: readonly Gate[],
  report: (event: Event) => void,
): void {
  const known = new Set(before.filter(cuts).map(({ door }) => door));
  const ports = gates.filter((gate) => cuts(gate) && !known.has(gate.door)).flatMap((gate) => gate.ports);
  const here = portsOn(ports, 'input');
  if (here.length === 0) return;
  try {
    importConnections(here);
  } catch (error) {
    const text = `existing connections may be cut: ${(error as Error).message}`;
    report({ kind: 'warning', text });
  }
}

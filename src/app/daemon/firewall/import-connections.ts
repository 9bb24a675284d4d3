import { portsOn } from '../../../core/door/port-opening.ts';
import type { Event } from '../../../core/event/event.ts';
import { importConnections } from '../../../host/connections/older-connections.ts';
import type { Gate } from '../../../host/firewall/contract/firewall.ts';
import { cuts } from './port-leases.ts';

/**
 * The rules of a door that cuts connections treat a connection unknown to the kernel as cut. Connections older than the
 * connection tracking, perhaps the owner's, are therefore added to its table once. `before`: the gates until now.
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

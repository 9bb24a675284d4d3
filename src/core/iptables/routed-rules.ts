import { type PortOpening, portsOn } from '../door/port-opening.ts';
import type { Family } from '../net/address.ts';
import type { Ingress } from '../net/ingress.ts';
import { type GatePorts, inOrderOfUse, type LeaseKeeping, leaseRules, portsToCut } from './gate-rules.ts';
import { distinct, keyOf, matchNewcomer, matchPort } from './port-rules.ts';
import type { Rule } from './rule.ts';

/** Conntrack does not know these packets, whose port is the one that they were addressed to. */
const UNKNOWN = ['-m', 'conntrack', '--ctstate', 'INVALID,UNTRACKED'] as const;
const UNTRACKED = ['-m', 'conntrack', '--ctstate', 'UNTRACKED'] as const;

/**
 * The rules of Bussa's chain on the forward path, after those for packets that conntrack knows as translated: packets
 * only routed through this host are closed if they arrive where strangers do. What hosts behind this one send to such a
 * port elsewhere arrives on another interface.
 */
export function routedRules(gates: readonly GatePorts[], family: Family, keeping: LeaseKeeping): Rule[] {
  const openings = distinct(gates.flatMap((gate) => portsOn(gate.ports, 'forward')));
  const cut = new Set(portsToCut(gates, 'forward').map(keyOf));
  const ingresses = gates.find(({ ports }) => portsOn(ports, 'forward').length > 0)?.ingresses ?? [];
  return [
    ...inOrderOfUse(gates).flatMap((gate) =>
      distinct(portsOn(gate.ports, 'forward')).flatMap((port) =>
        leaseRules(gate, asAddressed(port), family, keeping, UNTRACKED),
      ),
    ),
    ...openings
      .flatMap((port) => closed(port, cut.has(keyOf(port))))
      .flatMap((match) => waysOf(ingresses).map(({ way, target }) => [...way, ...match, '-j', target])),
  ];
}

function closed(port: PortOpening, isCut: boolean): Rule[] {
  const match = isCut ? matchPort : matchNewcomer;
  return [match(port), [...match(asAddressed(port)), ...UNKNOWN]];
}

/** By the port in the packet. */
const asAddressed = (port: PortOpening): PortOpening => ({ ...port, path: 'input' });

type Way = { readonly way: Rule; readonly target: 'RETURN' | 'DROP' };

/** The first of `exceptTo` is the interface itself. */
function waysOf(ingresses: readonly Ingress[]): Way[] {
  if (ingresses.length === 0) return [{ way: [], target: 'DROP' }];
  return ingresses.flatMap(({ from, exceptTo: [own = from, ...others] }): Way[] => [
    ...others.map((to): Way => ({ way: ['-i', from, '-o', to], target: 'RETURN' })),
    { way: ['-i', from, '!', '-o', own], target: 'DROP' },
  ]);
}

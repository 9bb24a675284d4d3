import type { Ingress } from '../net/ingress.ts';
import type { NftGate } from './gate.ts';
import { leaseRules } from './gate-rules.ts';
import { groupPorts, renderRange, renderRanges } from './port-ranges.ts';
import type { OwnTable } from './table.ts';

/**
 * Rules without their chain, after those that accept: packets only routed through this host are closed if they arrive
 * where strangers do. What hosts behind this one send to such a port elsewhere arrives on another interface.
 */
export function routedRules(gates: readonly NftGate[]): string[] {
  const cut = gates.filter(({ closeKills = false }) => closeKills);
  return waysOf(gates).flatMap((way) => [
    ...closingRules(way, cut, () => ''),
    ...closingRules(way, gates, (protocol) => (protocol === 'tcp' ? ' tcp flags & (syn | ack) != ack' : '')),
  ]);
}

/** Conntrack does not know packets that are invalid or untracked, whose port is the one that they were addressed to. */
function closingRules(
  way: string,
  gates: readonly NftGate[],
  which: (protocol: 'tcp' | 'udp') => string,
): string[] {
  const groups = groupPorts(
    gates.flatMap(({ ports }) => ports),
    'forward',
  );
  return groups.flatMap(({ protocol, ranges }) => {
    const flags = which(protocol);
    const tracked = ranges.map(
      (range) =>
        `${way}meta l4proto ${protocol} ct direction original ct original proto-dst ${renderRange(range)}${flags} drop`,
    );
    return [
      ...tracked,
      `${way}ct state invalid,untracked ${protocol} dport ${renderRanges(ranges)}${flags} drop`,
    ];
  });
}

/** Rules without their chain: the gate's leased sources may pass where packets are not tracked. */
export function untrackedRules(ownTable: OwnTable, gate: NftGate): string[] {
  return groupPorts(gate.ports, 'forward').flatMap((group) =>
    leaseRules(
      ownTable,
      gate,
      group,
      `ct state untracked ${group.protocol} dport ${renderRanges(group.ranges)}`,
    ),
  );
}

function waysOf(gates: readonly NftGate[]): string[] {
  const ingresses = gates.find(({ ports }) => ports.some(({ path }) => path === 'forward'))?.ingresses ?? [];
  return ingresses.length === 0 ? [''] : ingresses.map(renderWay);
}

function renderWay({ from, exceptTo }: Ingress): string {
  const names = exceptTo.map(quote);
  return `iifname ${quote(from)} oifname != ${names.length === 1 ? names[0] : `{ ${names.join(', ')} }`} `;
}

const quote = (name: string): string => `"${name}"`;

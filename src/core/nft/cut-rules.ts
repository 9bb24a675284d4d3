import type { NftGate } from './gate.ts';
import { renderSource } from './gate-rules.ts';
import { groupPorts, type PortGroup, renderRange, renderRanges } from './port-ranges.ts';
import { setName } from './set-name.ts';
import { familiesOf, type OwnTable, type Path, renderTable } from './table.ts';

/**
 * Rules without their chain, to precede those that accept established connections. A cut connection would come back as
 * one begun by the service, if the service keeps sending. Answers to such a connection, at a port of a gate with
 * `closeKills`, only come in from leased sources.
 */
export function answerRules(ownTable: OwnTable, gates: readonly NftGate[], path: Path): string[] {
  return gates.filter(cuts).flatMap((gate) =>
    groupPorts(gate.ports, path)
      .flatMap((group) => matchAnswered(group, path))
      .flatMap((ports) =>
        familiesOf(ownTable).map((family) => {
          return `${ports} ${renderSource(gate, family)} != @${setName(ownTable.prefix, gate.door, family)} drop`;
        }),
      ),
  );
}

/** On the forward path by the port addressed from outside, whatever it is translated to. */
function matchAnswered({ protocol, ranges }: PortGroup, path: Path): string[] {
  if (path === 'input')
    return [`iifname != "lo" ${protocol} dport ${renderRanges(ranges)} ct direction reply`];
  return ranges.map(
    (range) => `meta l4proto ${protocol} ct direction reply ct reply proto-dst ${renderRange(range)}`,
  );
}

/**
 * Rules without their chain for what services send: at ports of gates with `closeKills` they only answer. A first
 * segment may leave, since its connection is the service's own.
 */
export function sendingRules(gates: readonly NftGate[], path: Path): string[] {
  const groups = groupPorts(
    gates.filter(cuts).flatMap((gate) => gate.ports),
    path,
  );
  const elsewhere = path === 'input' ? 'oifname != "lo" ' : '';
  return groups.map(({ protocol, ranges }) => {
    const notFirst = protocol === 'tcp' ? ' tcp flags & (syn | ack) != syn' : '';
    return `${elsewhere}${protocol} sport ${renderRanges(ranges)}${notFirst} ct state new drop`;
  });
}

/** The chain for what this host's own services send, if something must be blocked. */
export function renderSending(ownTable: OwnTable, gates: readonly NftGate[]): string[] {
  const rules = sendingRules(gates, 'input');
  if (rules.length === 0) return [];
  const chain = `${renderTable(ownTable)} output`;
  return [
    `add chain ${chain} { type filter hook output priority filter - 1; policy accept; }`,
    ...rules.map((rule) => `add rule ${chain} ${rule}`),
  ];
}

function cuts({ closeKills = false }: NftGate): boolean {
  return closeKills;
}

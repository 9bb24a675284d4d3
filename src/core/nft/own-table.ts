import { portsOn } from '../door/port-opening.ts';
import { answerRules, renderSending, sendingRules } from './cut-rules.ts';
import { renderElement } from './elements.ts';
import type { NftGate, NftGrant } from './gate.ts';
import { acceptRules, dropRules, renderSets } from './gate-rules.ts';
import { OWN_HOME, PATHS, type Path, renderHome } from './home.ts';

/**
 * Commands of nft(8), one a line, that make Bussa's own table on a host without a firewall: the gates' ports are
 * closed to new connections but for leased sources. Everything else passes.
 */
export function renderOwnTable(gates: readonly NftGate[], grants: readonly NftGrant[]): string[] {
  return [
    `add table ${renderHome(OWN_HOME)}`,
    ...gates.flatMap((gate) => renderSets(OWN_HOME, gate)),
    ...PATHS.flatMap((path) => renderOwnChain(gates, path)),
    ...renderSending(OWN_HOME, gates),
    ...grants.map((grant) => renderElement(OWN_HOME, grant)),
  ];
}

/**
 * A first segment is held to its lease even if conntrack knows the two already: after a reset by the service it goes on
 * knowing them for 10 s, and the same ports would come in again and again.
 */
const ESTABLISHED = [
  'ct state related accept',
  'ct state established meta l4proto != tcp accept',
  'ct state established tcp flags & (syn | ack) != syn accept',
] as const;

/** Just before the chains at `filter`, where most rulesets stand: what is dropped here gets no further. */
export function renderOwnChain(gates: readonly NftGate[], path: Path): string[] {
  if (!gates.some(({ ports }) => portsOn(ports, path).length > 0)) return [];
  const chain = `${renderHome(OWN_HOME)} ${path}`;
  const rules = [
    ...answerRules(OWN_HOME, gates, path),
    ...(path === 'forward' ? sendingRules(gates, path) : []),
    ...ESTABLISHED,
    ...(path === 'input' ? ['iifname "lo" accept'] : []),
    ...gates.flatMap((gate) => acceptRules(OWN_HOME, gate, path)),
    ...dropRules(gates, path),
  ];
  return [
    `add chain ${chain} { type filter hook ${path} priority filter - 1; policy accept; }`,
    ...rules.map((rule) => `add rule ${chain} ${rule}`),
  ];
}

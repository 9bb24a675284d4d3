import { portsOn } from '../door/port-opening.ts';
import { answerRules, renderSending, sendingRules } from './cut-rules.ts';
import { renderElement } from './elements.ts';
import type { NftGate, NftGrant } from './gate.ts';
import { acceptRules, dropRules, renderSets, translatedGate } from './gate-rules.ts';
import { routedRules, untrackedRules } from './routed-rules.ts';
import { OWN_TABLE, type OwnTable, PATHS, type Path, renderTable } from './table.ts';

/**
 * nft(8) commands, one per line, that create Bussa's own table. It closes the gates' ports to new connections except
 * from leased sources, whatever other tables accept: in nf_tables a drop in any base chain is final, while an accept
 * only ends its own chain. Everything else passes.
 */
export function renderOwnTable(gates: readonly NftGate[], grants: readonly NftGrant[]): string[] {
  return [
    `add table ${renderTable(OWN_TABLE)}`,
    ...gates.flatMap((gate) => renderSets(OWN_TABLE, gate)),
    ...renderClosing(OWN_TABLE, gates),
    ...renderSending(OWN_TABLE, gates),
    ...grants.map((grant) => renderElement(OWN_TABLE, grant)),
  ];
}

/** The chains of such a table, whose sets already exist. */
export function renderClosing(ownTable: OwnTable, gates: readonly NftGate[]): string[] {
  return [
    ...renderTranslated(ownTable, gates),
    ...PATHS.flatMap((path) => renderOwnChain(ownTable, gates, path)),
  ];
}

/**
 * A first segment needs a lease even if conntrack knows the address pair: after a reset by the service it remembers the
 * pair for 10 s, and the same ports could be used again and again. A packet only related to a connection (expected by a
 * conntrack helper) needs a lease too: strangers can make a helper expect anything.
 */
const ESTABLISHED = [
  'ct state established meta l4proto != tcp accept',
  'ct state established tcp flags & (syn | ack) != syn accept',
] as const;

const TRANSLATED_CHAIN = 'translated';

/** For connections to this host that were addressed to another of its ports and redirected by the owner. */
function renderTranslated(ownTable: OwnTable, gates: readonly NftGate[]): string[] {
  if (gates.length === 0) return [];
  const translated = gates.map(translatedGate);
  return renderRules(ownTable, TRANSLATED_CHAIN, '', [
    ...translated.flatMap((gate) => acceptRules(ownTable, gate, 'forward')),
    ...dropRules(translated, 'forward'),
  ]);
}

/** Just before the chains at priority `filter`, which most rulesets use: packets dropped here get no further. */
function renderOwnChain(ownTable: OwnTable, gates: readonly NftGate[], path: Path): string[] {
  if (!gates.some(({ ports }) => portsOn(ports, path).length > 0)) return [];
  return renderRules(ownTable, path, ` { type filter hook ${path} priority filter - 1; policy accept; }`, [
    ...answerRules(ownTable, gates, path),
    ...(path === 'forward' ? sendingRules(gates, path) : []),
    ...ESTABLISHED,
    ...(path === 'input' ? ['iifname "lo" accept', `ct status dnat jump ${TRANSLATED_CHAIN}`] : []),
    ...gates.flatMap((gate) => acceptRules(ownTable, gate, path)),
    ...(path === 'forward' ? gates.flatMap((gate) => untrackedRules(ownTable, gate)) : []),
    ...dropRules(gates, path),
    ...(path === 'forward' ? routedRules(gates) : []),
  ]);
}

function renderRules(ownTable: OwnTable, name: string, hook: string, rules: readonly string[]): string[] {
  const chain = `${renderTable(ownTable)} ${name}`;
  return [`add chain ${chain}${hook}`, ...rules.map((rule) => `add rule ${chain} ${rule}`)];
}

import type { Address, Family } from '../net/address.ts';
import { familyOf } from '../net/address.ts';
import { type CreatedPart, chainMarkerName, markedIn } from './chain-markers.ts';
import {
  type GatePorts,
  gateRules,
  type LeaseKeeping,
  leaseInChain,
  sendingRules,
  translatedRules,
} from './gate-rules.ts';
import { judgeEstablished } from './judge-established.ts';
import {
  doorChain,
  FORWARD_CHAIN,
  INPUT_CHAIN,
  JUMPS,
  OUTPUT_CHAIN,
  TRANSLATED_CHAIN,
} from './part-names.ts';
import type { OwnPart } from './read-rules.ts';
import { routedRules } from './routed-rules.ts';
import type { Rule } from './rule.ts';

type Lease = { readonly door: string; readonly source: Address; readonly until?: string | undefined };
/** A lease to be stored as a rule in its door's chain. */
export type LeaseRule = { readonly gate: GatePorts; readonly source: Address; readonly until?: string };
type Hook = keyof typeof JUMPS;

const HOOKS = ['INPUT', 'FORWARD', 'OUTPUT'] as const satisfies readonly Hook[];

/**
 * The input of `iptables-restore --noflush` that installs all of Bussa's rules, whatever part exists already. It is one
 * transaction. `missing`: what iptables-nft creates for it.
 */
export function renderInstall(
  family: Family,
  gates: readonly GatePorts[],
  leases: readonly Lease[],
  keeping: LeaseKeeping,
  present: OwnPart,
  missing: readonly CreatedPart[] = [],
): string {
  const chains = wantedChains(family, gates, leases, keeping, present.owner);
  for (const made of markedIn(present.chains)) chains.set(chainMarkerName(made), []);
  for (const made of missing)
    if (made === 'TABLE' || chains.has(JUMPS[made])) chains.set(chainMarkerName(made), []);
  const wanted = new Set(chains.keys());
  return transaction([
    // Declaring a chain creates it, or empties an existing one.
    ...[...wanted].map((chain) => `:${chain} - [0:0]`),
    ...[...chains].flatMap(([chain, rules]) => rules.map((rule) => append(chain, rule))),
    ...HOOKS.flatMap((hook) => placeJump(hook, present, wanted.has(JUMPS[hook]))),
    ...dropChains(present.chains.filter((chain) => !wanted.has(chain))),
  ]);
}

/** Removes the jumps to Bussa's chains: they stay, but no packet reaches them. */
export function renderJumpRemovals(present: OwnPart): string[] {
  return HOOKS.flatMap((hook) => placeJump(hook, present, false));
}

/** Removes Bussa's rules, except the markers of what was created for them; `undefined`: there are none. */
export function renderRemoval(present: OwnPart): string | undefined {
  const markers = new Set(markedIn(present.chains).map(chainMarkerName));
  const chains = present.chains.filter((chain) => !markers.has(chain));
  const lines = [...renderJumpRemovals(present), ...dropChains(chains)];
  return lines.length === 0 ? undefined : transaction(lines);
}

/** Restores the rules from `now` to their former state, except the markers of what was created for them. */
export function renderReturn(before: OwnPart, now: OwnPart): string {
  const chains = new Set([...before.chains, ...markedIn(now.chains).map(chainMarkerName)]);
  return transaction([
    ...before.chains.map((chain) => `:${chain} - [0:0]`),
    ...[...before.rules.values()].flat(),
    ...HOOKS.flatMap((hook) => placeJump(hook, now, before.jumps[hook].count > 0)),
    ...dropChains(now.chains.filter((chain) => !chains.has(chain))),
  ]);
}

/** Adds and removes leases in one transaction. */
export function renderLeaseChanges(into: readonly LeaseRule[], out: readonly LeaseRule[]): string {
  const render = (verb: string, { gate, source, until }: LeaseRule): string =>
    [verb, doorChain(gate.door), ...leaseInChain(gate, source, until)].join(' ');
  return transaction([...into.map((one) => render('-A', one)), ...out.map((one) => render('-D', one))]);
}

function wantedChains(
  family: Family,
  gates: readonly GatePorts[],
  leases: readonly Lease[],
  keeping: LeaseKeeping,
  owner: OwnPart['owner'],
): Map<string, readonly Rule[]> {
  const chains = new Map<string, readonly Rule[]>();
  chains.set(
    INPUT_CHAIN,
    gateRules(gates, 'input', family, keeping, (port) => judgeEstablished(owner, port, 'INPUT')),
  );
  if (gates.length > 0) chains.set(TRANSLATED_CHAIN, translatedRules(gates, family, keeping));
  const forward = gateRules(gates, 'forward', family, keeping, (port) =>
    judgeEstablished(owner, port, 'FORWARD'),
  );
  if (forward.length > 0) chains.set(FORWARD_CHAIN, [...forward, ...routedRules(gates, family, keeping)]);
  const sending = sendingRules(gates);
  if (sending.length > 0) chains.set(OUTPUT_CHAIN, sending);
  if (keeping === 'sets') return chains;
  for (const gate of gates) {
    const sources = leases.filter(({ door, source }) => door === gate.door && familyOf(source) === family);
    chains.set(
      doorChain(gate.door),
      [...new Map(sources.map(({ source, until }) => [source, until]))].map(([source, until]) =>
        leaseInChain(gate, source, until),
      ),
    );
  }
  return chains;
}

/** Exactly one jump, before every other rule. One that is already there stays. */
function placeJump(hook: Hook, present: OwnPart, wanted: boolean): string[] {
  const { count, first } = present.jumps[hook];
  if (wanted && count === 1 && first) return [];
  const old = new Array<string>(count).fill(`-D ${hook} -j ${JUMPS[hook]}`);
  return wanted ? [...old, `-I ${hook} 1 -j ${JUMPS[hook]}`] : old;
}

/** All are emptied first, because one may jump to another. */
function dropChains(chains: readonly string[]): string[] {
  return [...chains.map((chain) => `-F ${chain}`), ...chains.map((chain) => `-X ${chain}`)];
}

function append(chain: string, rule: Rule): string {
  return ['-A', chain, ...rule].join(' ');
}

function transaction(lines: readonly string[]): string {
  return ['*filter', ...lines, 'COMMIT', ''].join('\n');
}

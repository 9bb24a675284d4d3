import { type Config, DEFAULT_SCAN_PENALTY } from '../config/file/config.ts';
import { DEFAULT_MAX_LEASES, type Door } from '../door/door.ts';
import { renderPortOpenings } from '../door/port-opening.ts';
import type { Family } from '../net/address.ts';
import type { NftGate } from '../nft/gate.ts';
import { renderClosing } from '../nft/own-table.ts';
import { renderRanges } from '../nft/port-ranges.ts';
import { renderTable } from '../nft/table.ts';
import { COMPILED_TABLE, DoorSets, FAMILIES, hasFamily } from './compiled-door.ts';
import { decoyChain, decoyRanges, decoyRules } from './decoy-chains.ts';
import {
  type CompiledChain,
  chainName,
  doorChains,
  knockChains,
  knockPorts,
  stageNumbers,
} from './knock-chains.ts';
import { type Unsupported, unsupported } from './unsupported.ts';

/** `text`: for `nft -f`, absent if no door can be compiled. `unsupported`: what the ruleset does not cover. */
export type CompiledRuleset = { readonly text?: string; readonly unsupported: readonly Unsupported[] };

/** Sources that each set can hold. An element takes about 100 bytes while it lives. */
export const DEFAULT_SET_SIZE = 131_072;

/**
 * Compiles a configuration's doors to nftables rules that follow the knocks by themselves: sets of source addresses
 * with timeouts represent the attempts, and sources that have completed a sequence are let in.
 */
export function compileRuleset(config: Config, setSize = DEFAULT_SET_SIZE): CompiledRuleset {
  const { doors, notes } = unsupported(config);
  if (doors.length === 0) return { unsupported: notes };
  const table = renderTable(COMPILED_TABLE);
  const lines = [
    `add table ${table}`,
    `delete table ${table}`,
    `add table ${table}`,
    ...renderSets(config, doors, setSize),
    ...renderChains([
      ...FAMILIES.flatMap((family) => chainsOf(config, doors, family)),
      baseChain(config, doors),
    ]),
    ...renderClosing(COMPILED_TABLE, gatesOf(config, doors)),
  ];
  return { text: [...heading(doors, notes), ...lines, ''].join('\n'), unsupported: notes };
}

function heading(doors: readonly Door[], notes: readonly Unsupported[]): string[] {
  return [
    '#!/usr/sbin/nft -f',
    '# Knocks without a program, compiled by bussa from a configuration. Load it with: nft -f FILE',
    '# This file contains the secret sequences. Keep it readable by root alone.',
    '# Loading it again replaces the table, and closes what is open.',
    ...doors.map(({ name, opening }) => `# [${name}] opens ${renderPortOpenings(opening.ports ?? [])}`),
    ...notes.map(({ door, what }) => `# Not here: ${door === undefined ? '' : `[${door}] `}${what}`),
  ];
}

function gatesOf({ settings }: Config, doors: readonly Door[]): NftGate[] {
  const names = settings.interfaces?.kind === 'named' ? settings.interfaces.names : [];
  const ingresses = names.map((from) => ({ from, exceptTo: [from] }));
  return doors.map(({ name, opening }) => ({
    door: name,
    ports: opening.ports ?? [],
    singleUse: false,
    ...(opening.leasePrefix6 === undefined ? {} : { prefix6: opening.leasePrefix6 }),
    ingresses,
  }));
}

function renderSets({ settings }: Config, doors: readonly Door[], size: number): string[] {
  const set = (name: string, type: string, count: number): string =>
    `add set ${renderTable(COMPILED_TABLE)} ${name} { type ${type}; size ${count}; flags dynamic,timeout; }`;
  const isGuarded = settings.scanGuard !== 'off';
  const decoys = renderRanges(decoyRanges(doors, settings.scanIgnore ?? []));
  return [
    ...FAMILIES.flatMap((family) => [
      ...doors.flatMap((door) =>
        doorSets(door, family, size, isGuarded).map(([name, count]) => set(name, `ipv${family}_addr`, count)),
      ),
      ...(isGuarded
        ? [
            set(`penalty_${family}`, `ipv${family}_addr`, size),
            set(`decoy_source_${family}`, `ipv${family}_addr`, size),
            set(`decoy_port_${family}`, `ipv${family}_addr . inet_service`, size),
          ]
        : []),
    ]),
    ...(isGuarded
      ? [
          `add set ${renderTable(COMPILED_TABLE)} decoys { type inet_service; flags interval; elements = ${decoys.startsWith('{') ? decoys : `{ ${decoys} }`}; }`,
        ]
      : []),
  ];
}

/** The sets of a door with their sizes. */
function doorSets(door: Door, family: Family, size: number, isGuarded: boolean): [string, number][] {
  const sets = new DoorSets(door.name, family);
  const open: [string, number] = [sets.open, door.maxLeases ?? DEFAULT_MAX_LEASES];
  if (!hasFamily(door, family)) return [open];
  const guard = isGuarded ? [sets.touched, sets.again] : [];
  const attempt =
    door.sequence.length > 1 ? [sets.began, ...stageNumbers(door).map((stage) => sets.stage(stage))] : [];
  return [open, ...[...attempt, ...guard].map((name): [string, number] => [name, size])];
}

/** A chain must be defined before those that jump to it. */
function chainsOf({ settings }: Config, doors: readonly Door[], family: Family): CompiledChain[] {
  const isGuarded = settings.scanGuard !== 'off';
  const own = doors.filter((door) => hasFamily(door, family));
  if (own.length === 0) return [];
  return [
    ...own.flatMap((door) => doorChains(doors, door, family, isGuarded)),
    ...knockPorts(own).flatMap((knock) => knockChains(doors, family, knock)),
    ...(isGuarded ? [decoyChain(doors, family, settings.scanPenalty ?? DEFAULT_SCAN_PENALTY)] : []),
  ];
}

/** Before conntrack and before any chain that drops: a knock counts even if it is dropped later, as with the daemon. */
function baseChain({ settings }: Config, doors: readonly Door[]): CompiledChain {
  const names = settings.interfaces?.kind === 'named' ? settings.interfaces.names : [];
  const isGuarded = settings.scanGuard !== 'off';
  const rules = FAMILIES.flatMap((family) => {
    const own = doors.filter((door) => hasFamily(door, family));
    if (own.length === 0) return [];
    const cases = knockPorts(own).map(
      (knock) => `${knock.protocol} . ${knock.port} : goto ${chainName(family, knock)}`,
    );
    const isFamily = `meta nfproto ipv${family}`;
    return [
      `${isFamily} meta l4proto . th dport vmap { ${cases.join(', ')} }`,
      ...(isGuarded ? decoyRules(own, family).map((rule) => `${isFamily} ${rule}`) : []),
    ];
  });
  const elsewhere =
    names.length === 0 ? [] : [`iifname != { ${names.map((name) => `"${name}"`).join(', ')} } accept`];
  return {
    name: 'knocks',
    hook: ' { type filter hook prerouting priority raw; policy accept; }',
    rules: [...elsewhere, ...rules],
  };
}

function renderChains(chains: readonly CompiledChain[]): string[] {
  return chains.flatMap(({ name, hook = '', rules }) => {
    const chain = `${renderTable(COMPILED_TABLE)} ${name}`;
    return [`add chain ${chain}${hook}`, ...rules.map((rule) => `add rule ${chain} ${rule}`)];
  });
}

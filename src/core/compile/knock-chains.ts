import type { Door } from '../door/door.ts';
import type { Family } from '../net/address.ts';
import { familyOf } from '../net/address.ts';
import type { Prefix } from '../net/prefix.ts';
import { renderPrefix } from '../net/prefix.ts';
import type { Protocol } from '../net/protocol.ts';
import { renderSource } from '../nft/gate-rules.ts';
import { renderTimeout } from '../nft/timeout.ts';
import { DoorSets, hasFamily, renderConcern, renderSaddr } from './compiled-door.ts';

/** A chain without its table: its name and its rules. */
export type CompiledChain = {
  readonly name: string;
  readonly hook?: string;
  readonly rules: readonly string[];
};

export type KnockPort = { readonly protocol: Protocol; readonly port: number };

/** The ports in the doors' sequences, each once, ascending. */
export function knockPorts(doors: readonly Door[]): KnockPort[] {
  const ports = new Map<string, KnockPort>();
  for (const { sequence } of doors)
    for (const { protocol, port } of sequence) ports.set(`${protocol}_${port}`, { protocol, port });
  return [...ports.values()].toSorted((a, b) => a.port - b.port || a.protocol.localeCompare(b.protocol));
}

export const chainName = (family: Family, { protocol, port }: KnockPort): string =>
  `knock${family}_${protocol}_${port}`;

/**
 * Handles a packet to a knock port as the engine does (`core/attempt`). If it is the next knock of an attempt of its
 * source, or repeats its last right knock, these attempts continue and the others end. Otherwise all end, and one
 * starts at each door that begins with this knock.
 *
 * The chain of a port asks each door's `ask` chain whether its attempt uses the packet, and goes to `taken` if so.
 * `accept` ends only the packet's way through this table.
 */
export function knockChains(doors: readonly Door[], family: Family, knock: KnockPort): CompiledChain[] {
  const concerned = doors.filter((door) => hasFamily(door, family));
  if (concerned.length === 0) return [];
  const name = chainName(family, knock);
  const asked = concerned.filter((door) => stagesThatTake(door, knock).length > 0);
  const concern = (door: Door): string => renderConcern(door, knock.protocol, family);
  const free = concerned.flatMap((door) => [
    ...(door.sequence.length > 1 ? [`${concern(door)}${end(door, family)}`] : []),
    ...(isStep(door, 1, knock) ? [`${concern(door)}jump ${beginName(door, doors, family)}`] : []),
  ]);
  const askName = (door: Door): string => `${name}_ask${doors.indexOf(door)}`;
  const doName = (door: Door): string => `${name}_do${doors.indexOf(door)}`;
  return [
    ...asked.map((door) => ({ name: doName(door), rules: advanceRules(door, doors, family, knock) })),
    ...(asked.length === 0
      ? []
      : [{ name: `${name}_taken`, rules: takenRules(concerned, asked, family, concern, doName) }]),
    ...asked.map((door) => ({ name: askName(door), rules: askRules(door, family, knock, `${name}_taken`) })),
    { name, rules: [...asked.map((door) => `${concern(door)}jump ${askName(door)}`), ...free] },
  ];
}

/** For each door with a first or last knock at this port: what starts an attempt, and what completes one. */
export function doorChains(
  doors: readonly Door[],
  door: Door,
  family: Family,
  isGuarded: boolean,
): CompiledChain[] {
  const complete = completeName(door, doors, family);
  const opened = openRules(door, family);
  return [
    ...(isGuarded
      ? [
          { name: `${complete}_open`, rules: opened },
          { name: complete, rules: admitRules(doors, door, family, `${complete}_open`) },
        ]
      : [{ name: complete, rules: opened }]),
    { name: beginName(door, doors, family), rules: beginRules(door, doors, family, isGuarded) },
  ];
}

function beginRules(door: Door, doors: readonly Door[], family: Family, isGuarded: boolean): string[] {
  if (door.sequence.length === 1) return [`jump ${completeName(door, doors, family)}`];
  const sets = new DoorSets(door.name, family);
  const source = renderSaddr(family);
  const stale = stageNumbers(door).map((stage) => sets.stage(stage));
  return [
    ...[...stale, ...(isGuarded ? [sets.touched] : [])].map((set) => `delete @${set} { ${source} }`),
    `update @${sets.began} { ${source} timeout ${renderTimeout(door.seqTimeout)} }`,
  ];
}

/**
 * A sequence does not count if a decoy port was touched since its first knock. Under penalty, it must be knocked twice
 * in a row, the second time complete within `seq_timeout` of the first.
 */
function admitRules(doors: readonly Door[], door: Door, family: Family, openName: string): string[] {
  const sets = new DoorSets(door.name, family);
  const source = renderSaddr(family);
  const others = doors.filter((other) => other !== door && hasFamily(other, family));
  return [
    ...(door.sequence.length > 1 ? [`${source} @${sets.touched} return`] : []),
    `${source} != @penalty_${family} goto ${openName}`,
    `${source} @${sets.again} delete @${sets.again} { ${source} } goto ${openName}`,
    ...others.map((other) => `delete @${new DoorSets(other.name, family).again} { ${source} }`),
    `add @${sets.again} { ${source} timeout ${renderTimeout(door.seqTimeout)} }`,
  ];
}

/** `deny` and `allow` are checked last. */
function openRules(door: Door, family: Family): string[] {
  const source = renderSaddr(family);
  const { open } = new DoorSets(door.name, family);
  const opened = `update @${open} { ${openedSource(door, family)} timeout ${renderTimeout(door.opening.cmdTimeout)} }`;
  return [
    ...prefixesOf(door.deny, family).map((prefixes) => `${source} ${prefixes} return`),
    ...(door.allow === undefined
      ? [opened]
      : prefixesOf(door.allow, family).map((prefixes) => `${source} ${prefixes} ${opened}`)),
  ];
}

/** The source in the form of the door's open set. */
function openedSource({ opening: { leasePrefix6 } }: Door, family: Family): string {
  const prefix6 = leasePrefix6 === undefined ? {} : { prefix6: leasePrefix6 };
  return renderSource({ door: '', ports: [], singleUse: false, ...prefix6 }, family);
}

function prefixesOf(prefixes: readonly Prefix[] = [], family: Family): string[] {
  return prefixes.filter(({ base }) => familyOf(base) === family).map(renderPrefix);
}

/** From the highest stage down: the first one that the source has decides. */
function askRules(door: Door, family: Family, knock: KnockPort, taken: string): string[] {
  const takes = new Set(stagesThatTake(door, knock));
  return stages(door).map(
    (stage) => `${renderStage(door, family, stage)} ${takes.has(stage) ? `goto ${taken}` : 'return'}`,
  );
}

/** All attempts see the packet: those that do not use it end. */
function takenRules(
  concerned: readonly Door[],
  asked: readonly Door[],
  family: Family,
  concern: (door: Door) => string,
  doName: (door: Door) => string,
): string[] {
  return [
    ...concerned
      .filter(({ sequence }) => sequence.length > 1)
      .map((door) =>
        asked.includes(door)
          ? `${concern(door)}jump ${doName(door)}`
          : `${concern(door)}${end(door, family)}`,
      ),
    'accept',
  ];
}

function advanceRules(door: Door, doors: readonly Door[], family: Family, knock: KnockPort): string[] {
  const sets = new DoorSets(door.name, family);
  const source = renderSaddr(family);
  const timeout = renderTimeout(door.seqTimeout);
  return stages(door).map((stage) => {
    const at = renderStage(door, family, stage);
    if (isStep(door, stage + 1, knock)) {
      return stage + 1 === door.sequence.length
        ? `${at} ${end(door, family)} goto ${completeName(door, doors, family)}`
        : `${at} add @${sets.stage(stage + 1)} { ${source} timeout ${timeout} } return`;
    }
    if (!isStep(door, stage, knock)) return `${at} ${end(door, family)} return`;
    // A repeated first knock restarts the full time.
    return stage === 1 ? `${at} goto ${beginName(door, doors, family)}` : `${at} return`;
  });
}

/** The stages of a pending attempt, the highest first. */
function stages({ sequence }: Door): number[] {
  return Array.from({ length: sequence.length - 1 }, (_, at) => sequence.length - 1 - at);
}

/** The stages that have a set. */
export function stageNumbers(door: Door): number[] {
  return stages(door).filter((stage) => stage > 1);
}

function stagesThatTake(door: Door, knock: KnockPort): number[] {
  return stages(door).filter((stage) => isStep(door, stage, knock) || isStep(door, stage + 1, knock));
}

/** Counted from 1. */
function isStep({ sequence }: Door, number: number, { protocol, port }: KnockPort): boolean {
  const step = sequence[number - 1];
  return step?.protocol === protocol && step.port === port;
}

/** Matches a source whose attempt is at the stage and at no higher one. */
function renderStage(door: Door, family: Family, stage: number): string {
  const sets = new DoorSets(door.name, family);
  const source = renderSaddr(family);
  return `${source} @${sets.began}${stage > 1 ? ` ${source} @${sets.stage(stage)}` : ''}`;
}

function end(door: Door, family: Family): string {
  return `delete @${new DoorSets(door.name, family).began} { ${renderSaddr(family)} }`;
}

function beginName(door: Door, doors: readonly Door[], family: Family): string {
  return `begin${family}_${doors.indexOf(door)}`;
}

function completeName(door: Door, doors: readonly Door[], family: Family): string {
  return `complete${family}_${doors.indexOf(door)}`;
}

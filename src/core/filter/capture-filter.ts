import { type DecoyPorts, portsNear } from '../decoy/decoy-ports.ts';
import { BLOCK, CODE_FLAGS } from '../door/code-ports.ts';
import type { CodeDoor, Door } from '../door/door.ts';
import type { SequenceStep } from '../door/sequence.ts';
import type { Protocol } from '../net/protocol.ts';
import type { FlagRule } from '../net/tcp-flags.ts';
import { mergePorts, type PortRange } from './merge-ports.ts';
import { renderShare } from './share-filter.ts';

/**
 * Maximum port ranges of one group in the filter. The kernel tries them in turn on every packet of the host, so their
 * number is kept small. Beyond it, the nearest ports share a range, and the engine's table sorts out what passes in
 * between.
 */
const MAX_RANGES = 32;

/**
 * Flag rules with a group of their own; with more rules, flags are not checked. Keeps the program below BPF_MAXINSNS.
 */
const MAX_RULES = 8;

export type FilterOptions = {
  readonly ipv6: boolean;
  /** Passed in addition to the knocks. */
  readonly decoys?: DecoyPorts;
  /** The two blocks of each are passed. */
  readonly codes?: readonly CodeDoor[];
};

/**
 * The pcap-filter(7) expression that passes the knocks of all doors, packets to decoy ports, and as little else as
 * possible, for packets that begin with their IP header (DLT_RAW). tcpdump accepts it unchanged. Empty without doors.
 */
export function renderCaptureFilter(doors: readonly Door[], options: FilterOptions): string {
  const { decoys, ipv6, codes = [] } = options;
  const groups =
    decoys === undefined
      ? [...tcpGroups(doors), ...udpGroup(doors)]
      : guardedGroups(doors, decoys, shareRules(doors, codes));
  groups.push(...codeGroups(codes));
  if (groups.length === 0) return '';
  // The transport header may come after extension headers, which a classic filter cannot follow.
  if (decoys !== undefined) groups.push(...renderShare(decoys, shareRules(doors, codes), ipv6));
  if (ipv6) groups.push('(ip6 and (ip6[6] = 0 or ip6[6] = 43 or ip6[6] = 51 or ip6[6] = 60))');
  const expression = groups.join(' or ');
  return ipv6 ? expression : `ip and (${expression})`;
}

/** A TCP packet must meet one of these rules to be a knock anywhere. Empty: every packet may be one. */
function flagRules(doors: readonly Door[]): readonly FlagRule[] {
  const rules = new Map<string, FlagRule>();
  for (const { flags, sequence } of doors) {
    if (sequence.some(({ protocol }) => protocol === 'tcp')) rules.set(`${flags.mask}/${flags.value}`, flags);
  }
  const all = [...rules.values()];
  return all.length > MAX_RULES || all.some(({ mask }) => mask === 0) ? [] : all;
}

/** The rules of the sequences, and that of codes. */
function shareRules(doors: readonly Door[], codes: readonly CodeDoor[]): readonly FlagRule[] {
  const rules = flagRules(doors);
  const hasTcp = doors.some(({ sequence }) => sequence.some(({ protocol }) => protocol === 'tcp'));
  if (codes.length === 0 || (hasTcp && rules.length === 0)) return rules;
  return [...rules, CODE_FLAGS];
}

/** A code is knocked by TCP or UDP. Its blocks, and their part of the filter, never change. */
function codeGroups(codes: readonly CodeDoor[]): string[] {
  if (codes.length === 0) return [];
  const ports = codes.flatMap(({ codePorts }) =>
    codePorts.flatMap((prefix) => Array.from({ length: BLOCK }, (_, i) => prefix * BLOCK + i)),
  );
  return [
    `(${renderPorts('tcp', ports)} and ${renderFlagRule(CODE_FLAGS)})`,
    `(${renderPorts('udp', ports)})`,
  ];
}

/** A decoy port beside one door's knock port also applies to the knocks of every other door. */
function guardedGroups(doors: readonly Door[], decoys: DecoyPorts, flagRules: readonly FlagRule[]): string[] {
  const steps = doors.flatMap((door) => door.sequence);
  const rules = flagRules.map(renderFlagRule);
  const flags = rules.length === 0 ? '' : ` and ${rules.length === 1 ? rules[0] : `(${rules.join(' or ')})`}`;
  return [
    ...portGroup('tcp', decoys.tcp ? withNeighbours(steps, 'tcp', decoys) : [], flags),
    ...portGroup('udp', decoys.udp ? withNeighbours(steps, 'udp', decoys) : [], ''),
  ];
}

const portGroup = (protocol: Protocol, ports: readonly number[], flags: string): string[] =>
  ports.length === 0 ? [] : [`(${renderPorts(protocol, ports)}${flags})`];

/** One group per flag rule, with the ports of all its doors; a single group if there are too many rules. */
function tcpGroups(doors: readonly Door[]): string[] {
  const rules = new Map<string, { rule: FlagRule; ports: number[] }>();
  for (const door of doors) {
    const ports = door.sequence.filter((step) => step.protocol === 'tcp').map((step) => step.port);
    if (ports.length === 0) continue;
    const name = `${door.flags.mask}/${door.flags.value}`;
    const known = rules.get(name);
    if (known === undefined) rules.set(name, { rule: door.flags, ports });
    else for (const port of ports) known.ports.push(port);
  }
  if (rules.size > MAX_RULES) {
    return [
      `(${renderPorts(
        'tcp',
        [...rules.values()].flatMap(({ ports }) => ports),
      )})`,
    ];
  }
  return [...rules.values()].map(({ rule, ports }) => {
    const flags = rule.mask === 0 ? '' : ` and ${renderFlagRule(rule)}`;
    return `(${renderPorts('tcp', ports)}${flags})`;
  });
}

function udpGroup(doors: readonly Door[]): string[] {
  const ports = doors.flatMap((door) =>
    door.sequence.filter((step) => step.protocol === 'udp').map((step) => step.port),
  );
  return ports.length === 0 ? [] : [`(${renderPorts('udp', ports)})`];
}

function renderPorts(protocol: 'tcp' | 'udp', ports: readonly number[]): string {
  const ranges = mergePorts(ports, MAX_RANGES).map((range) => renderRange(protocol, range));
  return ranges.length === 1 ? (ranges[0] as string) : `(${ranges.join(' or ')})`;
}

/** A range costs no more than a port, so the neighbours are free. A port in use among them is left out. */
function withNeighbours(
  steps: readonly SequenceStep[],
  protocol: Protocol,
  { exempt }: DecoyPorts,
): readonly number[] {
  const passed = new Set(steps.flatMap(({ port }) => portsNear(port)));
  for (const port of exempt) passed.delete(port);
  for (const step of steps) if (step.protocol === protocol) passed.add(step.port);
  return [...passed];
}

function renderRange(protocol: string, { first, last }: PortRange): string {
  return first === last ? `${protocol} dst port ${first}` : `${protocol} dst portrange ${first}-${last}`;
}

/** `tcp[…]` only reads IPv4; in IPv6 the flags are 13 bytes after the fixed header of 40. */
function renderFlagRule({ mask, value }: FlagRule): string {
  return `((ip and tcp[13] & ${mask} = ${value}) or (ip6 and ip6[53] & ${mask} = ${value}))`;
}

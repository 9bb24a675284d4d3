import type { Family } from '../net/address.ts';
import { prefixMask6 } from '../net/prefix.ts';
import type { NftGate } from './gate.ts';
import { groupPorts, type PortGroup, renderRange, renderRanges } from './port-ranges.ts';
import { setName } from './set-name.ts';
import { familiesOf, type OwnTable, type Path, renderTable } from './table.ts';

/** nft(8): a comment has at most 128 bytes. These characters need no quoting. */
const PLAIN_NAME = /^[A-Za-z0-9 ._:/@+-]{1,100}$/;

/** The sets of a gate's leased sources, one per family. */
export function renderSets(ownTable: OwnTable, gate: NftGate): string[] {
  return familiesOf(ownTable).map(
    (family) =>
      `add set ${renderTable(ownTable)} ${setName(ownTable.prefix, gate.door, family)} ` +
      `{ type ipv${family}_addr; ${gate.singleUse ? SINGLE_USE : 'flags timeout;'} }`,
  );
}

/**
 * Each element has its own limit: one packet, which begins a connection. The kernel checks it under a lock, so of two
 * concurrent packets one matches. The rule then deletes the element before the limit refills.
 */
const SINGLE_USE = 'size 65536; flags dynamic,timeout; limit rate 1/week burst 1 packets;';

/**
 * The gate for packets whose port this host has translated: by the port addressed, whatever the owner redirects it to.
 */
export function translatedGate(gate: NftGate): NftGate {
  return { ...gate, ports: gate.ports.map((port) => ({ ...port, path: 'forward' })) };
}

/** Rules without their chain: accept the gate's leased sources. */
export function acceptRules(ownTable: OwnTable, gate: NftGate, path: Path): string[] {
  return groupPorts(gate.ports, path).flatMap((group) =>
    matchPorts(group, path).flatMap((ports) => leaseRules(ownTable, gate, group, ports)),
  );
}

/** `ports`: the match for the group's ports. */
export function leaseRules(ownTable: OwnTable, gate: NftGate, group: PortGroup, ports: string): string[] {
  const newcomer = newcomers(group);
  return [
    ...(gate.singleUse ? [renderLetIn(ports)] : []),
    ...familiesOf(ownTable).map(
      (family) => `${ports} ${renderLeased(ownTable, gate, family, newcomer)} accept`,
    ),
  ].map((rule) => `${rule}${renderComment(gate.door)}`);
}

/** Packets of an accepted connection before its first answer: a repeated SYN or a second datagram. */
function renderLetIn(ports: string): string {
  return `${ports} ct state new ct status confirmed accept`;
}

/** What could begin a connection: TCP's first segment, known to conntrack or not; a datagram of no known exchange. */
function newcomers({ protocol }: PortGroup): string {
  return protocol === 'tcp' ? FIRST_SEGMENT : 'ct state new';
}

const FIRST_SEGMENT = 'tcp flags & (syn | ack) == syn';

function renderLeased(ownTable: OwnTable, gate: NftGate, family: Family, newcomer: string): string {
  const source = renderSource(gate, family);
  const set = setName(ownTable.prefix, gate.door, family);
  return gate.singleUse ? `${newcomer} ${source} @${set} delete @${set} { ${source} }` : `${source} @${set}`;
}

/** The key for the gate's set: the address, or the base of its prefix. */
export function renderSource({ prefix6 }: NftGate, family: Family): string {
  if (family === 4) return 'ip saddr';
  return prefix6 === undefined ? 'ip6 saddr' : `ip6 saddr & ${prefixMask6(prefix6)}`;
}

/**
 * Rules without their chain: drop everybody else. On the forward path this drops what this host has translated,
 * wherever it comes from; the rest is up to `routedRules`.
 */
export function dropRules(gates: readonly NftGate[], path: Path): string[] {
  const portsOf = (some: readonly NftGate[]): PortGroup[] =>
    groupPorts(
      some.flatMap((gate) => gate.ports),
      path,
    );
  // Packets in the middle of a connection must be checked, since cut ones would continue.
  const strict = path === 'input' ? portsOf(gates.filter(({ closeKills = false }) => closeKills)) : [];
  return [
    ...strict
      .filter(({ protocol }) => protocol === 'tcp')
      .flatMap((group) => matchPorts(group, path).map((ports) => `${ports} drop`)),
    ...portsOf(gates).flatMap((group) =>
      matchPorts(group, path).map((ports) => `${ports}${renderClosed(group, path)} drop`),
    ),
  ];
}

/**
 * TCP in the middle of a connection passes: connections may be older than the kernel's tracking, which starts with the
 * first rule that needs it. Otherwise whoever installs Bussa over such a connection would be locked out. Nothing can
 * begin this way.
 */
function renderClosed({ protocol }: PortGroup, path: Path): string {
  if (path === 'forward') return ' ct status dnat';
  return protocol === 'tcp' ? ' tcp flags & (syn | ack) != ack' : '';
}

/**
 * On the input path one match for all ranges. On the forward path, where the port before the translation counts, one
 * match per range: nft(8) 1.0 lists a set of `ct proto-dst` in a form that it cannot read back.
 */
function matchPorts({ protocol, ranges }: PortGroup, path: Path): string[] {
  if (path === 'forward') {
    return ranges.map(
      (range) => `meta l4proto ${protocol} ct direction original ct original proto-dst ${renderRange(range)}`,
    );
  }
  return [`${protocol} dport ${renderRanges(ranges)}`];
}

function renderComment(door: string): string {
  return PLAIN_NAME.test(door) ? ` comment "${door}"` : '';
}

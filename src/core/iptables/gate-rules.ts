import { type PortOpening, portsOn } from '../door/port-opening.ts';
import { type Address, type Family, familyOf } from '../net/address.ts';
import type { Ingress } from '../net/ingress.ts';
import { prefixMask6 } from '../net/prefix.ts';
import type { Judgement } from './judge-established.ts';
import type { Condition } from './match-established.ts';
import { doorChain, doorSet, TRANSLATED_CHAIN } from './part-names.ts';
import { distinct, keyOf, matchNewcomer, matchPort, portWords } from './port-rules.ts';
import { FIRST_SEGMENT, type Rule } from './rule.ts';

/** A door's ports, closed except for its leases. */
export type GatePorts = {
  readonly door: string;
  readonly ports: readonly PortOpening[];
  readonly singleUse: boolean;
  /** Cut connections must not continue. */
  readonly closeKills?: boolean;
  /** An IPv6 lease covers the prefix of this length; its source is the prefix's base. */
  readonly prefix6?: number;
  /** Interfaces on which strangers' forwarded packets arrive. Absent: any. */
  readonly ingresses?: readonly Ingress[];
};

/** Where leases are stored: in sets whose elements end by themselves, or as rules, which have to be removed. */
export type LeaseKeeping = 'sets' | 'rules';

/**
 * The rules of Bussa's chain on one path, in order: what would revive a cut connection, what passes without a lease
 * (existing connections, the host itself), what a lease lets in, and the drop for all other new connections. Every rule
 * concerns a door's port.
 */
export function gateRules(
  gates: readonly GatePorts[],
  path: PortOpening['path'],
  family: Family,
  keeping: LeaseKeeping,
  judge: (opening: PortOpening) => readonly Judgement[],
): Rule[] {
  const openings = distinct(gates.flatMap((gate) => portsOn(gate.ports, path)));
  const byUse = inOrderOfUse(gates);
  const strict = distinct(portsToCut(gates, path));
  const strictKeys = new Set(strict.map(keyOf));
  return [
    ...gates
      .filter(({ closeKills = false }) => closeKills)
      .flatMap((gate) =>
        portsToCut([gate], path).flatMap((port) => answerRules(gate, port, family, keeping)),
      ),
    ...(path === 'forward' ? strict.map(sendingRule) : []),
    ...openings.flatMap((opening) => passRules(opening, judge(opening))),
    ...(path === 'input' && openings.length > 0 ? [TO_TRANSLATED] : []),
    ...byUse.flatMap((gate) =>
      distinct(portsOn(gate.ports, path)).flatMap((port) => leaseRules(gate, port, family, keeping)),
    ),
    ...strict.map(dropAllRule),
    ...openings.filter((port) => !strictKeys.has(keyOf(port))).map(dropRule),
  ];
}

/**
 * The rules of Bussa's chain for connections to this host that the owner redirects: they need a lease for the port
 * addressed originally, too.
 */
export function translatedRules(gates: readonly GatePorts[], family: Family, keeping: LeaseKeeping): Rule[] {
  const addressed = (gate: GatePorts): PortOpening[] =>
    distinct(gate.ports.map((port) => ({ ...port, path: 'forward' })));
  return [
    ...inOrderOfUse(gates).flatMap((gate) =>
      addressed(gate).flatMap((port) => leaseRules(gate, port, family, keeping)),
    ),
    ...distinct(gates.flatMap(addressed)).map(dropRule),
  ];
}

const TO_TRANSLATED: Rule = [
  ...['!', '-i', 'lo', '-m', 'conntrack', '--ctstate', 'DNAT'],
  ...['-j', TRANSLATED_CHAIN],
];

/** A lease for any number of connections comes first: it saves the single-use one. */
export function inOrderOfUse(gates: readonly GatePorts[]): GatePorts[] {
  return [...gates].sort((a, b) => Number(a.singleUse) - Number(b.singleUse));
}

/** The rules of Bussa's chain for what this host's own services send. */
export function sendingRules(gates: readonly GatePorts[]): Rule[] {
  return distinct(portsToCut(gates, 'input')).map(sendingRule);
}

export function portsToCut(gates: readonly GatePorts[], path: PortOpening['path']): PortOpening[] {
  return gates
    .filter(({ closeKills = false }) => closeKills)
    .flatMap((gate) => distinct(portsOn(gate.ports, path)));
}

/**
 * The single rule that is a lease, in the door's own chain. `until`: its last second in UTC, if the kernel is to end
 * it.
 */
export function leaseInChain(gate: GatePorts, source: Address, until?: string): Rule {
  const time = until === undefined ? [] : ['-m', 'time', '--datestop', until];
  const family = familyOf(source);
  const from = family === 6 && gate.prefix6 !== undefined ? `${source}/${gate.prefix6}` : source;
  return ['-s', from, ...time, ...(gate.singleUse ? useUp(gate, family) : []), '-j', 'ACCEPT'];
}

/**
 * Established connections continue with the owner's rules, which may block them. Those that the owner's rules would end
 * regardless of the source are accepted. A TCP segment that opens a new connection needs a lease even if conntrack
 * knows the address pair already, and so does a packet that is only related to a connection.
 */
function passRules(opening: PortOpening, judgements: readonly Judgement[]): Rule[] {
  const notFirst = opening.protocol === 'tcp' ? ['-m', 'tcp', '!', ...FIRST_SEGMENT] : [];
  const established = ['-m', 'conntrack', '--ctstate', 'ESTABLISHED'];
  const to = ['-p', opening.protocol, '-m', opening.protocol, '--dport', portWords(opening)];
  // Both directions: answers have the port in the original direction too.
  const through = [
    '-p',
    opening.protocol,
    ...notFirst,
    ...established,
    '--ctorigdstport',
    portWords(opening),
  ];
  const passing = opening.path === 'forward' ? through : [...to, ...notFirst.slice(2), ...established];
  return [
    ...judgements.map(({ condition, verdict }) => [
      ...conditionWords(condition),
      ...passing,
      '-j',
      verdict === 'on' ? 'RETURN' : 'ACCEPT',
    ]),
    ...(opening.path === 'forward' ? [] : [['-i', 'lo', ...to, '-j', 'RETURN']]),
  ];
}

/** In the order of `iptables -S`. */
function conditionWords(condition: Condition): string[] {
  return (['-s', '-d', '-i', '-o'] as const).flatMap((key) => {
    const asked = condition.get(key);
    if (asked === undefined) return [];
    return [...(asked.not ? ['!'] : []), key, asked.word];
  });
}

/**
 * A cut connection would come back as one begun by the service, if the service keeps sending. Answers to such a
 * connection only come in from leased sources.
 */
function answerRules(gate: GatePorts, opening: PortOpening, family: Family, keeping: LeaseKeeping): Rule[] {
  const { protocol } = opening;
  const answer =
    opening.path === 'input'
      ? ['!', '-i', 'lo', '-p', protocol, '-m', protocol, '--dport', portWords(opening), '-m', 'conntrack']
      : ['-p', protocol, '-m', 'conntrack', '--ctrepldstport', portWords(opening)];
  const toService = [...answer, '--ctdir', 'REPLY'];
  if (keeping === 'sets') {
    return [
      [
        ...toService,
        '-m',
        'set',
        '!',
        '--match-set',
        doorSet(gate.door, family, gate.prefix6),
        'src',
        '-j',
        'DROP',
      ],
    ];
  }
  // Checking a single-use lease would use it up.
  const leased = gate.singleUse ? [] : [[...toService, '-j', doorChain(gate.door)]];
  return [...leased, [...toService, '-j', 'DROP']];
}

/** A service only answers. It may send the first segment of a TCP connection, since that connection is its own. */
function sendingRule({ protocol, path, ...ports }: PortOpening): Rule {
  const elsewhere = path === 'input' ? ['!', '-o', 'lo'] : [];
  const from = ['-p', protocol, '-m', protocol, '--sport', portWords({ protocol, path, ...ports })];
  const notFirst = protocol === 'tcp' ? ['!', ...FIRST_SEGMENT] : [];
  return [...elsewhere, ...from, ...notFirst, '-m', 'conntrack', '--ctstate', 'NEW', '-j', 'DROP'];
}

/** `state`: of the packets, if not all count. */
export function leaseRules(
  gate: GatePorts,
  opening: PortOpening,
  family: Family,
  keeping: LeaseKeeping,
  state: Rule = [],
): Rule[] {
  const to = [...(gate.singleUse ? matchNewcomer(opening) : matchPort(opening)), ...state];
  const more = state.length === 0 ? letIn(gate, opening) : [];
  const used = gate.singleUse ? useUp(gate, family) : [];
  if (keeping === 'rules') {
    // The list exists as long as a rule refers to it, with or without a lease.
    const unused = gate.singleUse ? unusedList(gate, family, '--rcheck') : [];
    return [...more, [...to, ...unused, '-j', doorChain(gate.door)]];
  }
  const leased = ['-m', 'set', '--match-set', doorSet(gate.door, family, gate.prefix6), 'src'];
  return [...more, [...to, ...leased, ...used, '-j', 'ACCEPT']];
}

/**
 * Further datagrams of the exchange that used the lease, before the first answer. Another exchange's datagrams are not
 * confirmed before. (A repeated SYN needs no rule: the answer to the first is repeated too.)
 */
function letIn({ singleUse }: GatePorts, opening: PortOpening): Rule[] {
  if (!singleUse || opening.protocol === 'tcp') return [];
  return [
    [...matchPort(opening), '-m', 'conntrack', '--ctstate', 'NEW', '--ctstatus', 'CONFIRMED', '-j', 'ACCEPT'],
  ];
}

/** On the forward path, what this host has translated, wherever it comes from; the rest is up to `routedRules`. */
function dropRule(opening: PortOpening): Rule {
  return [...matchNewcomer(opening), ...ifTranslated(opening), '-j', 'DROP'];
}

/** Conntrack takes a segment from the middle of a cut connection for a new one too. */
function dropAllRule(opening: PortOpening): Rule {
  return [...matchPort(opening), ...ifTranslated(opening), '-j', 'DROP'];
}

function ifTranslated({ path }: PortOpening): Rule {
  return path === 'forward' ? ['-m', 'conntrack', '--ctstate', 'DNAT'] : [];
}

/**
 * xt_recent looks up and removes the source under one lock (recent_mt in the kernel's xt_recent.c), and matches if it
 * was there: of concurrent connections exactly one gets through.
 */
function useUp(gate: GatePorts, family: Family): Rule {
  return unusedList(gate, family, '--remove');
}

function unusedList(gate: GatePorts, family: Family, act: '--rcheck' | '--remove'): Rule {
  const mask = family === 6 && gate.prefix6 !== undefined ? ['--mask', prefixMask6(gate.prefix6)] : [];
  return ['-m', 'recent', '--name', doorSet(gate.door, family, gate.prefix6), ...mask, '--rsource', act];
}

import { parseAddress } from '../../net/address.ts';
import { addressNumber } from './ip-range.ts';
import { touch } from './iptables-target.ts';
import type { Journey, Stranger } from './journey.ts';
import { type Json, list, record, single } from './json.ts';
import { isEqual, matchTruth } from './nft-compare.ts';
import { fieldOf } from './nft-field.ts';
import { type NftSets, plainElement } from './nft-sets.ts';
import { numberOf } from './nft-value.ts';
import { isListedByRules } from './packet-fields.ts';
import type { Choice, Step, Verdict } from './ruleset.ts';

/** Statements of nft(8) after which the packet continues unchanged, for all that rules here may check. */
const GO_ON: ReadonlySet<string> = new Set([
  'counter',
  'log',
  'comment',
  'last',
  'ct helper',
  'ct timeout',
  'ct expectation',
  'secmark',
  'flow',
  'dup',
]);
/** Statements that pass some packets and not others. */
const LIMITS: ReadonlySet<string> = new Set(['limit', 'quota', 'ct count', 'connlimit']);

export type ChainKey = (name: string) => string;

export function readStatement(expression: unknown, sets: NftSets, tableName: string, goTo: ChainKey): Step[] {
  const [name, value] = single(expression);
  const around = { sets, tableName };
  if (name === 'match') {
    const match = record(value) ?? {};
    return [
      {
        kind: 'test',
        name: nameOf(match),
        test: (packet, journey) => matchTruth(match, { packet, journey, ...around }),
      },
    ];
  }
  if (GO_ON.has(name)) return [];
  if (LIMITS.has(name)) return [{ kind: 'test', name, test: () => 'maybe' }];
  const verdict = readVerdict(name, value, goTo);
  if (verdict !== undefined) return [{ kind: 'verdict', verdict }];
  switch (name) {
    case 'vmap':
      return [{ kind: 'choice', choices: readMap(record(value) ?? {}, sets, tableName, goTo) }];
    case 'mangle':
      return [
        { kind: 'change', change: (packet, journey) => mangle(record(value) ?? {}, packet, journey, around) },
      ];
    case 'notrack':
      return [{ kind: 'change', change: (_, journey) => ({ ...journey, tracking: 'untracked' }) }];
    case 'set':
    case 'map':
      return readSetStatement(record(value) ?? {}, sets, tableName);
    case 'dnat':
    case 'redirect':
      return [
        {
          kind: 'translate',
          translate: (packet, journey) => translate(name, record(value) ?? {}, packet, journey, around),
        },
      ];
    case 'snat':
    case 'masquerade':
      return [{ kind: 'verdict', verdict: { kind: 'accept' } }];
    default:
      return [{ kind: 'verdict', verdict: { kind: 'unknown', why: `the statement ${name} is not known` } }];
  }
}

function nameOf({ left }: Json): string {
  const [kind, value] = single(left);
  return [kind, record(value)?.key ?? record(value)?.field ?? ''].join(' ').trim();
}

function readVerdict(name: string, value: unknown, goTo: ChainKey): Verdict | undefined {
  switch (name) {
    case 'accept':
    case 'drop':
    case 'return':
    case 'continue':
      return { kind: name };
    case 'reject':
      return { kind: 'drop' };
    case 'jump':
    case 'goto':
      return { kind: name, chain: goTo(String(record(value)?.target)) };
    default:
      return undefined;
  }
}

/** `data`: inline elements, or the name of a map. */
function readMap({ key, data }: Json, sets: NftSets, tableName: string, goTo: ChainKey): Choice[] {
  const elements = elementsOf(data, sets, tableName);
  if (elements === undefined)
    return [
      { name: 'vmap', test: () => 'maybe', verdict: { kind: 'unknown', why: 'a map that is not listed' } },
    ];
  return catchAllLast(elements).flatMap((entry) => {
    const [at, to] = list(entry);
    const verdict = readVerdict(...single(to), goTo);
    const wanted = plainElement(at);
    const test: Choice['test'] = (packet, journey) => {
      if (typeof data === 'string' && journey.touched.has(`set ${tableName} ${data.slice(1)}`))
        return 'maybe';
      return wanted === '*'
        ? 'yes'
        : isEqual(record(key) ?? {}, wanted, { packet, journey, sets, tableName });
    };
    return [{ name: 'vmap', test, verdict: verdict ?? { kind: 'unknown', why: 'a map’s verdict' } }];
  });
}

/** An element without a key of its own comes last. */
function catchAllLast(elements: readonly unknown[]): readonly unknown[] {
  const isCatchAll = (entry: unknown): boolean => plainElement(list(entry)[0]) === '*';
  return [...elements].sort((a, b) => Number(isCatchAll(a)) - Number(isCatchAll(b)));
}

function elementsOf(data: unknown, sets: NftSets, tableName: string): readonly unknown[] | undefined {
  if (typeof data === 'string') return sets.elements(tableName, data.replace(/^@/, ''));
  const set = record(data)?.set;
  return Array.isArray(set) ? set : undefined;
}

/** Statements per element, such as a limit per source, are limits. */
function readSetStatement({ op, set, stmt }: Json, sets: NftSets, tableName: string): Step[] {
  const name = String(set).replace(/^@/, '');
  if (op !== 'delete') sets.noteFilled(tableName, name);
  const limits = list(stmt).some((one) => LIMITS.has(single(one)[0]));
  return [
    { kind: 'change', change: (_, journey) => touch(journey, `set ${tableName} ${name}`) },
    ...(limits ? [{ kind: 'test' as const, name: 'limit', test: () => 'maybe' as const }] : []),
  ];
}

type Around = { readonly sets: NftSets; readonly tableName: string };

/** `never`: the map has no value for this packet, and the rule ends there. `undefined`: unknown. */
type Value = number | undefined | 'never';

function mangle({ key, value }: Json, packet: Stranger, journey: Journey, around: Around): Journey | 'never' {
  const field = record(key) ?? {};
  const what = changedBy(field);
  if (what === undefined) return journey;
  if (what === 'connectionMark' && journey.tracking !== 'tracked') return journey;
  if (what === 'address') return { ...journey, address: undefined };
  const result = numberIn(value, packet, journey, around);
  return result === 'never' ? 'never' : { ...journey, [what]: result };
}

function changedBy({ meta, ct, payload }: Json): 'mark' | 'connectionMark' | 'port' | 'address' | undefined {
  if (record(meta)?.key === 'mark') return 'mark';
  if (record(ct)?.key === 'mark') return 'connectionMark';
  const field = record(payload)?.field;
  if (field === 'dport') return 'port';
  return field === 'daddr' ? 'address' : undefined;
}

/** A number made of constants, marks and maps. */
function numberIn(value: unknown, packet: Stranger, journey: Journey, around: Around): Value {
  const given = record(value);
  if (given === undefined) {
    const plain = numberOf(value, 'none');
    return plain === undefined ? undefined : plain >>> 0;
  }
  const [name, operands] = single(given);
  if (name === '&' || name === '|' || name === '^') {
    const [a, b] = list(operands).map((one) => numberIn(one, packet, journey, around));
    if (a === 'never' || b === 'never') return 'never';
    if (a === undefined || b === undefined) return undefined;
    return (name === '&' ? a & b : name === '|' ? a | b : a ^ b) >>> 0;
  }
  if (name === 'map') {
    const found = mapped(record(operands) ?? {}, packet, journey, around);
    return found === 'never' ? 'never' : numberIn(found, packet, journey, around);
  }
  const field = fieldOf(given, packet, journey);
  if (field.kind === 'lacking') return 'never';
  return field.kind === 'number' ? field.value : undefined;
}

function mapped({ key, data }: Json, packet: Stranger, journey: Journey, around: Around): unknown {
  const elements = elementsOf(data, around.sets, around.tableName);
  if (elements === undefined) return undefined;
  if (typeof data === 'string' && around.sets.isFilled(around.tableName, data.replace(/^@/, '')))
    if (isListedByRules(packet) === 'maybe') return undefined;
  for (const entry of catchAllLast(elements)) {
    const [at, to] = list(entry);
    const wanted = plainElement(at);
    const truth = wanted === '*' ? 'yes' : isEqual(record(key) ?? {}, wanted, { packet, journey, ...around });
    if (truth === 'yes') return to;
    if (truth === 'never') return 'never';
    if (truth === 'maybe') return undefined;
  }
  return 'never';
}

function translate(
  name: string,
  value: Json,
  packet: Stranger,
  journey: Journey,
  around: Around,
): Journey | 'never' {
  if (value.family === 'ip' || value.family === 'ip6') {
    // net/netfilter/nft_nat.c: a statement for the other family is skipped.
    if ((value.family === 'ip') !== (packet.family === 4)) return 'never';
  }
  const resolved = (one: unknown): unknown => {
    const map = record(record(one)?.map);
    return map === undefined ? one : mapped(map, packet, journey, around);
  };
  const target = resolved(value.addr);
  const [concatAddress, concatPort] = list(record(target)?.concat);
  const port = concatPort ?? resolved(value.port);
  if (target === 'never' || port === 'never') return 'never';
  const isKept = value.port === undefined && concatPort === undefined;
  const newPort = isKept ? journey.port : typeof port === 'number' ? port : undefined;
  if (name === 'redirect') return { ...journey, address: packet.address, port: newPort };
  if (value.addr === undefined) return { ...journey, port: newPort };
  const address = parseAddress(String(concatAddress ?? target));
  return { ...journey, address: address === undefined ? undefined : addressNumber(address), port: newPort };
}

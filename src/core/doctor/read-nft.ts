import { interfaceTruth } from './read-iptables.ts';
import { both, negate, type PlainRule, type RuleAct, type StrangerPacket, type Truth } from './walk-rules.ts';

type Json = { readonly [key: string]: unknown };

export type NftChain = {
  readonly family: string;
  readonly table: string;
  readonly name: string;
  readonly hook: string;
  readonly type: string;
  readonly policy: string;
};

/** A whole ruleset, libnftables-json(5), judged for one packet. */
export type NftRules = {
  readonly bases: readonly NftChain[];
  /** By `keyOf`. */
  readonly chains: ReadonlyMap<string, readonly PlainRule[]>;
};

const GO_ON = new Set([
  'counter',
  'log',
  'comment',
  'mangle',
  'notrack',
  'meter',
  'set',
  'ct helper',
  'flow',
]);

export const keyOf = (family: string, table: string, chain: string): string => `${family} ${table} ${chain}`;

/** `undefined` if it is not such a listing. */
export function readNft(json: string, packet: StrangerPacket): NftRules | undefined {
  const list = objectsIn(json);
  if (list === undefined) return undefined;
  const bases: NftChain[] = [];
  const chains = new Map<string, PlainRule[]>();
  for (const one of list) {
    const chain = record(record(one)?.chain);
    if (chain !== undefined && typeof chain.hook === 'string') bases.push(readChain(chain));
    const rule = record(record(one)?.rule);
    if (rule === undefined) continue;
    const key = keyOf(String(rule.family), String(rule.table), String(rule.chain));
    const rules = chains.get(key) ?? [];
    rules.push(...readRule(rule, packet));
    chains.set(key, rules);
  }
  return { bases, chains };
}

export type NftRule = {
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  /** What its expressions are, in order. */
  readonly names: readonly string[];
  readonly rule: Json;
};

/** All rules of a listing that can be read. */
export function ruleObjects(json: string): NftRule[] {
  return (objectsIn(json) ?? []).flatMap((one) => {
    const rule = record(record(one)?.rule);
    if (rule === undefined) return [];
    const names = expressionsOf(rule).map(([name]) => name);
    return [
      { family: String(rule.family), table: String(rule.table), chain: String(rule.chain), names, rule },
    ];
  });
}

/** Whether a packet meets all that the rule asks, whatever it does then. */
export function matchesPacket(rule: Json, packet: StrangerPacket): Truth {
  const asked = expressionsOf(rule).filter(([name]) => name === 'match');
  return both(asked.map(([, value]) => matchTruth(record(value) ?? {}, packet)));
}

function expressionsOf(rule: Json): [string, unknown][] {
  const expressions = Array.isArray(rule.expr) ? rule.expr : [];
  return expressions.flatMap((one) => Object.entries(record(one) ?? {}).slice(0, 1));
}

function objectsIn(json: string): readonly unknown[] | undefined {
  try {
    const list = record(JSON.parse(json))?.nftables;
    return Array.isArray(list) ? list : undefined;
  } catch {
    return undefined;
  }
}

function readChain(chain: Json): NftChain {
  const { family, table, name, hook, type, policy = 'accept' } = chain;
  return {
    family: String(family),
    table: String(table),
    name: String(name),
    hook: String(hook),
    type: String(type),
    policy: String(policy),
  };
}

/** A verdict map stands for as many rules as it has verdicts. */
function readRule(rule: Json, packet: StrangerPacket): PlainRule[] {
  const truths: Truth[] = [];
  const goTo = (target: string): string => keyOf(String(rule.family), String(rule.table), target);
  for (const [name, value] of expressionsOf(rule)) {
    if (GO_ON.has(name)) continue;
    const act = readAct(name, value, goTo);
    if (act !== undefined) return [{ when: both(truths), act }];
    if (name === 'vmap') return readMap(record(value) ?? {}, both(truths), packet, goTo);
    truths.push(name === 'match' ? matchTruth(record(value) ?? {}, packet) : 'maybe');
  }
  return [];
}

function readAct(name: string, value: unknown, goTo: (target: string) => string): RuleAct | undefined {
  switch (name) {
    case 'accept':
    case 'return':
      return { kind: name };
    case 'drop':
    case 'reject':
      return { kind: 'drop' };
    case 'jump':
    case 'goto':
      return { kind: name, chain: goTo(String(record(value)?.target)) };
    default:
      return undefined;
  }
}

function readMap(
  map: Json,
  before: Truth,
  packet: StrangerPacket,
  goTo: (target: string) => string,
): PlainRule[] {
  const set = record(map.data)?.set;
  const entries = Array.isArray(set) ? set : [];
  return entries.flatMap((entry) => {
    const [key, verdict] = Array.isArray(entry) ? entry : [];
    const [name = '', value] = Object.entries(record(verdict) ?? {})[0] ?? [];
    const act = readAct(name, value, goTo);
    if (act === undefined) return [];
    const when = both([before, fieldTruth(record(map.key) ?? {}, key, packet)]);
    return [{ when, act }];
  });
}

function matchTruth({ op, left, right }: Json, packet: StrangerPacket): Truth {
  const truth = fieldTruth(record(left) ?? {}, right, packet);
  if (op === '!=') return negate(truth);
  return op === '==' || op === 'in' ? truth : 'maybe';
}

/** What is compared with what; a stranger's address is in no set and no prefix but that of all. */
function fieldTruth(left: Json, right: unknown, packet: StrangerPacket): Truth {
  const meta = record(left.meta)?.key;
  const payload = record(left.payload);
  if (Array.isArray(left['&'])) return flagsTruth(left['&'], right, packet);
  const field = `${payload?.protocol} ${payload?.field}`;
  if (meta === 'iifname' || meta === 'iif')
    return among(right, (name) => interfaceTruth(name, packet.interfaces));
  if (meta === 'nfproto') return among(right, (name) => is(name === (packet.family === 4 ? 'ipv4' : 'ipv6')));
  if (meta === 'l4proto' || field === 'ip protocol' || field === 'ip6 nexthdr') {
    return both([familyTruth(payload, packet), among(right, (name) => is(name === packet.protocol))]);
  }
  if (record(left.ct)?.key === 'state') return among(right, (name) => is(name === packet.state));
  if (payload?.field === 'saddr') return both([familyTruth(payload, packet), isAll(right) ? 'yes' : 'no']);
  if (payload?.field === 'dport') {
    const ofProtocol = payload.protocol === 'th' || payload.protocol === packet.protocol;
    return ofProtocol ? portTruth(right, packet.port) : 'no';
  }
  if (payload !== undefined && familyTruth(payload, packet) === 'no') return 'no';
  return 'maybe';
}

/** `tcp flags & (syn | ack) == syn`: a first segment has SYN alone, one of a connection that is made has ACK. */
function flagsTruth(operands: readonly unknown[], right: unknown, packet: StrangerPacket): Truth {
  const [field, mask] = operands;
  const payload = record(record(field)?.payload);
  if (payload?.protocol !== 'tcp' || payload.field !== 'flags') return 'maybe';
  if (packet.protocol !== 'tcp') return 'no';
  const flag = packet.state === 'new' ? 'syn' : 'ack';
  const masked = flagNames(mask).includes(flag) ? [flag] : [];
  const wanted = flagNames(right);
  return is(masked.length === wanted.length && masked.every((name) => wanted.includes(name)));
}

function flagNames(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(flagNames);
  return flagNames(record(value)?.['|'] ?? []);
}

function familyTruth(payload: Json | undefined, { family }: StrangerPacket): Truth {
  if (payload?.protocol === 'ip') return is(family === 4);
  return payload?.protocol === 'ip6' ? is(family === 6) : 'yes';
}

function among(right: unknown, judge: (name: string) => Truth): Truth {
  const set = record(right)?.set;
  const values = Array.isArray(right) ? right : Array.isArray(set) ? set : [right];
  const truths = values.map((value) =>
    typeof value === 'string' && !value.startsWith('@') ? judge(value) : 'maybe',
  );
  return truths.includes('yes') ? 'yes' : truths.includes('maybe') ? 'maybe' : 'no';
}

function portTruth(right: unknown, port: number): Truth {
  const set = record(right)?.set;
  const values = Array.isArray(set) ? set : [right];
  const truths = values.map((value): Truth => {
    if (typeof value === 'number') return is(value === port);
    const range = record(value)?.range;
    if (!Array.isArray(range)) return 'maybe';
    return is(port >= Number(range[0]) && port <= Number(range[1]));
  });
  return truths.includes('yes') ? 'yes' : truths.includes('maybe') ? 'maybe' : 'no';
}

const isAll = (right: unknown): boolean => record(record(right)?.prefix)?.len === 0;

const is = (fact: boolean): Truth => (fact ? 'yes' : 'no');

function record(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

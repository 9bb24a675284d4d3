import { type AttachPoint, parseAttachPoint } from '../door/attach-point.ts';
import type { BaseChain } from './choose-firewall.ts';

/** Expressions of a rule that pass every packet to the next one. */
const WITHOUT_EFFECT = new Set(['counter', 'log', 'comment']);

/** NFT_JUMP_STACK_SIZE of the kernel's net/netfilter/nf_tables.h. */
const MAX_JUMPS = 16;

type Json = { readonly [key: string]: unknown };

/**
 * The base chains at the hooks `input` and `forward` of a whole ruleset as JSON (libnftables-json(5)), except those of
 * `ownTable`. `undefined`: it is not such a listing.
 */
export function readBaseChains(json: string, ownTable: string): BaseChain[] | undefined {
  return readFilters(json, ownTable)?.flatMap(({ point, hook, closes }) =>
    hook === 'input' || hook === 'forward' ? [{ ...point, path: hook, closes }] : [],
  );
}

/**
 * The same for chains that close at `prerouting`: a packet dropped there reaches no chain that a door can be opened in.
 */
export function readEarlyChains(json: string, ownTable: string): AttachPoint[] {
  const filters = readFilters(json, ownTable) ?? [];
  return filters.flatMap(({ point, hook, closes }) => (hook === 'prerouting' && closes ? [point] : []));
}

type Filter = { readonly point: AttachPoint; readonly hook: unknown; readonly closes: boolean };

function readFilters(json: string, ownTable: string): Filter[] | undefined {
  const objects = readObjects(json);
  if (objects === undefined) return undefined;
  const last = lastRules(objects);
  return objects.flatMap((one) => {
    const chain = asRecord(one.chain);
    if (chain?.type !== 'filter' || chain.table === ownTable) return [];
    const point = parseAttachPoint(`${chain.family} ${chain.table} ${chain.name}`);
    if (point === undefined) return [];
    return [{ point, hook: chain.hook, closes: chain.policy === 'drop' || endsAll(chain, last) }];
  });
}

function lastRules(objects: readonly Json[]): ReadonlyMap<string, Json> {
  const rules = objects.flatMap((one) => recordIn(one.rule));
  return new Map(rules.map((rule) => [keyOf(rule, rule.chain), rule]));
}

function keyOf({ family, table }: Json, chain: unknown): string {
  return `${family} ${table} ${chain}`;
}

/** Whether its last rule drops or rejects unconditionally, itself or in the chain that it goes to. */
function endsAll(chain: Json, last: ReadonlyMap<string, Json>): boolean {
  let rule = last.get(keyOf(chain, chain.name));
  for (let jumps = 0; rule !== undefined && jumps <= MAX_JUMPS; jumps++) {
    const [effect, ...others] = effectsOf(rule);
    if (effect === undefined || others.length > 0) return false;
    if ('drop' in effect || 'reject' in effect) return true;
    const next = asRecord(effect.jump) ?? asRecord(effect.goto);
    rule = next === undefined ? undefined : last.get(keyOf(rule, next.target));
  }
  return false;
}

/** What a rule checks and does, each an object with one name. */
function effectsOf(rule: Json): Json[] {
  const expressions = Array.isArray(rule.expr) ? rule.expr.flatMap(recordIn) : [];
  return expressions.filter((one) => !Object.keys(one).every((name) => WITHOUT_EFFECT.has(name)));
}

function readObjects(json: string): Json[] | undefined {
  let whole: unknown;
  try {
    whole = JSON.parse(json);
  } catch {
    return undefined;
  }
  const list = asRecord(whole)?.nftables;
  return Array.isArray(list) ? list.flatMap(recordIn) : undefined;
}

function asRecord(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null ? (value as Json) : undefined;
}

function recordIn(value: unknown): Json[] {
  const record = asRecord(value);
  return record === undefined ? [] : [record];
}

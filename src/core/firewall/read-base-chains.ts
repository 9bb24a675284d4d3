import { parseAttachPoint } from '../door/attach-point.ts';
import type { BaseChain } from './choose-firewall.ts';

/** Expressions of a rule that let every packet through to the next one. */
const WITHOUT_EFFECT = new Set(['counter', 'log', 'comment']);

type Json = { readonly [key: string]: unknown };

/**
 * The base chains at the hooks `input` and `forward` of a whole ruleset as JSON (libnftables-json(5)), but for those of `ownTable`.
 * `undefined` if it is not such a listing.
 */
export function readBaseChains(json: string, ownTable: string): BaseChain[] | undefined {
  const objects = readObjects(json);
  if (objects === undefined) return undefined;
  const rules = objects.flatMap((one) => recordIn(one.rule));
  return objects.flatMap((one) => {
    const chain = asRecord(one.chain);
    const path = chain?.hook;
    if (path !== 'input' && path !== 'forward') return [];
    if (chain?.type !== 'filter' || chain.table === ownTable) return [];
    const point = parseAttachPoint(`${chain.family} ${chain.table} ${chain.name}`);
    if (point === undefined) return [];
    const last = rules.filter((rule) => isIn(rule, chain)).at(-1);
    return [{ ...point, path, closes: chain.policy === 'drop' || (last !== undefined && endsAll(last)) }];
  });
}

function isIn(rule: Json, chain: Json): boolean {
  return rule.family === chain.family && rule.table === chain.table && rule.chain === chain.name;
}

/** A rule without a condition that drops or rejects. */
function endsAll(rule: Json): boolean {
  const expressions = Array.isArray(rule.expr) ? rule.expr : [];
  const names = expressions.flatMap((one) => Object.keys(asRecord(one) ?? {}));
  const effects = names.filter((name) => !WITHOUT_EFFECT.has(name));
  return effects.length === 1 && (effects[0] === 'drop' || effects[0] === 'reject');
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

import type { RulePlace } from './journey.ts';
import { type Json, list, record, single } from './json.ts';
import { NftSets } from './nft-sets.ts';
import { readStatement } from './nft-statement.ts';
import type { BaseChain, Rule } from './ruleset.ts';

export type NftRuleset = {
  readonly bases: readonly BaseChain[];
  readonly chains: ReadonlyMap<string, readonly Rule[]>;
};

/** Parses a whole ruleset in the form of libnftables-json(5); `undefined`: it is not such a listing. */
export function readNft(json: string): NftRuleset | undefined {
  const objects = objectsIn(json);
  if (objects === undefined) return undefined;
  const bases: BaseChain[] = [];
  const chains = new Map<string, Rule[]>();
  const sets = new NftSets();
  for (const one of objects) {
    const set = record(one.set) ?? record(one.map);
    if (set !== undefined) sets.add(set);
    const chain = record(one.chain);
    if (chain === undefined) continue;
    const place = placeOf(chain, chain.name);
    chains.set(nftKey(place), []);
    if (typeof chain.hook === 'string') bases.push(baseOf(chain, place));
  }
  for (const one of objects) {
    const rule = record(one.rule);
    if (rule === undefined) continue;
    const place: RulePlace = {
      ...placeOf(rule, rule.chain),
      handle: Number(rule.handle),
      scope: scopeOf(rule),
    };
    const steps = list(rule.expr).flatMap((expression) =>
      readStatement(expression, sets, `${rule.family} ${rule.table}`, (name) =>
        nftKey({ ...place, chain: name }),
      ),
    );
    const rules = chains.get(nftKey(place)) ?? [];
    rules.push({ place, steps });
    chains.set(nftKey(place), rules);
  }
  return { bases, chains };
}

export const nftKey = ({ family, table, chain }: RulePlace): string => `nft ${family} ${table} ${chain}`;

function placeOf({ family, table }: Json, chain: unknown): RulePlace {
  return {
    tool: 'nft',
    family: String(family),
    table: String(table),
    chain: String(chain),
    text: '',
    scope: 'any',
  };
}

function baseOf(chain: Json, place: RulePlace): BaseChain {
  const { family, table, name, hook, type, prio, policy, dev } = chain;
  const devices = typeof dev === 'string' ? [dev] : list(dev).map(String);
  return {
    key: nftKey(place),
    name: `${family} ${table} ${name} of nftables`,
    place,
    family: String(family),
    type: type === 'nat' ? 'nat' : 'filter',
    hook: String(hook),
    priority: Number(prio ?? 0),
    policy: policy === 'drop' ? 'drop' : 'accept',
    ...(devices.length === 0 ? {} : { devices }),
  };
}

/** Whether the rule matches one port, more, or any. */
function scopeOf({ expr }: Json): RulePlace['scope'] {
  for (const expression of list(expr)) {
    const [name, value] = single(expression);
    if (name === 'vmap') return 'ports';
    if (name !== 'match') continue;
    const { op, left, right } = record(value) ?? {};
    if (record(record(left)?.payload)?.field === 'dport')
      return op === '==' && typeof right === 'number' ? 'port' : 'ports';
    if (record(left)?.concat !== undefined) return 'ports';
  }
  return 'any';
}

function objectsIn(json: string): Json[] | undefined {
  try {
    const all = record(JSON.parse(json))?.nftables;
    return Array.isArray(all) ? all.map((one: unknown) => record(one) ?? {}) : undefined;
  } catch {
    return undefined;
  }
}

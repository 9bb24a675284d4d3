import type { Family } from '../../net/address.ts';
import type { IpsetContents } from './ipset.ts';
import { readMatch } from './iptables-match.ts';
import { readTarget, touch } from './iptables-target.ts';
import type { RulePlace } from './journey.ts';
import type { Word } from './match-reader.ts';
import type { BaseChain, Rule, Step } from './ruleset.ts';

/** The output of `iptables-save` or `ip6tables-save`, and its kind of kernel tables. */
export type SavedTables = {
  readonly tool: 'iptables' | 'ip6tables' | `${'iptables' | 'ip6tables'}-${'nft' | 'legacy'}`;
  readonly family: Family;
  readonly backend: 'nf_tables' | 'legacy';
  readonly text: string;
};

/** linux/netfilter_ipv4.h, enum nf_ip_hook_priorities. */
const PRIORITIES: Readonly<Record<string, number>> = { raw: -300, mangle: -150, filter: 0, security: 50 };
const NAT_PRIORITIES: Readonly<Record<string, number>> = {
  PREROUTING: -100,
  INPUT: 100,
  POSTROUTING: 100,
  OUTPUT: -100,
};
const HOOKS: Readonly<Record<string, string>> = {
  PREROUTING: 'prerouting',
  INPUT: 'input',
  FORWARD: 'forward',
};

export function readIptables(
  saved: SavedTables,
  sets: IpsetContents,
): {
  readonly bases: readonly BaseChain[];
  readonly chains: ReadonlyMap<string, readonly Rule[]>;
  /** Names of its tables. */
  readonly tables: readonly string[];
} {
  const bases: BaseChain[] = [];
  const chains = new Map<string, Rule[]>();
  const tables: string[] = [];
  let table = '';
  for (const line of saved.text.split('\n')) {
    if (line.startsWith('*')) {
      table = line.slice(1).trim();
      tables.push(table);
    } else if (line.startsWith(':')) {
      const [name = '', policy = '-'] = line.slice(1).split(' ');
      const place = placeOf(saved, table, name);
      chains.set(keyOf(place), []);
      const hook = HOOKS[name];
      if (policy !== '-' && hook !== undefined) bases.push(baseOf(place, hook, policy));
    } else if (line.startsWith('-A ')) {
      const [, chain, ...words] = splitWords(line);
      const place = placeOf(saved, table, chain?.text ?? '');
      const key = keyOf(place);
      const text = line.slice(4 + (chain?.text.length ?? 0)).trim();
      const rules = chains.get(key) ?? [];
      rules.push(readRule({ ...place, text }, words, sets, (name) => keyOf({ ...place, chain: name })));
      chains.set(key, rules);
    }
  }
  return { bases, chains: markUnknownTargets(chains), tables };
}

export const keyOf = ({ tool, family, table, chain }: RulePlace): string =>
  `${tool} ${family} ${table} ${chain}`;

function placeOf({ tool, family }: SavedTables, table: string, chain: string): RulePlace {
  return { tool, family: `${family}`, table, chain, text: '', scope: 'any' };
}

function baseOf(place: RulePlace, hook: string, policy: string): BaseChain {
  const { tool, table, chain } = place;
  return {
    key: keyOf(place),
    name: `${chain} of ${tool}${table === 'filter' ? '' : `, table ${table}`}`,
    place,
    family: place.family === '4' ? 'ip' : 'ip6',
    type: table === 'nat' ? 'nat' : 'filter',
    hook,
    priority: (table === 'nat' ? NAT_PRIORITIES[chain] : PRIORITIES[table]) ?? 0,
    policy: policy === 'DROP' ? 'drop' : 'accept',
  };
}

/** Comments are in double quotes, with backslashes, as iptables prints them. */
function splitWords(line: string): Word[] {
  return [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(([, quoted, plain = '']) => ({
    text: quoted ?? plain,
    quoted: quoted !== undefined,
  }));
}

const isTarget = (word: Word | undefined): boolean =>
  word?.quoted === false && (word.text === '-j' || word.text === '-g');

function readRule(
  place: RulePlace,
  words: readonly Word[],
  sets: IpsetContents,
  chainKey: (name: string) => string,
): Rule {
  const steps: Step[] = [];
  const family: Family = place.family === '4' ? 4 : 6;
  let asksPort: RulePlace['scope'] = 'any';
  let at = 0;
  while (at < words.length && !isTarget(words[at])) {
    const isMatch = words[at]?.text === '-m';
    const name = isMatch ? (words[at + 1]?.text ?? '') : '';
    const label = isMatch ? `-m ${name}` : (words[at]?.text ?? '');
    if (isMatch) at += 2;
    const { test, used, port, touches } = readMatch(name, words.slice(at), family, sets);
    if (port !== undefined && asksPort !== 'ports') asksPort = port;
    steps.push({ kind: 'test', test, name: label });
    if (touches !== undefined)
      steps.push({ kind: 'change', change: (_, journey) => touch(journey, touches) });
    at += isMatch ? used : Math.max(1, used);
  }
  steps.push(
    ...readTarget(
      words.slice(at).map(({ text }) => text),
      chainKey,
    ),
  );
  return { place: { ...place, scope: asksPort }, steps };
}

/** A target that is not a chain of the table is an unknown extension. */
function markUnknownTargets(chains: ReadonlyMap<string, Rule[]>): ReadonlyMap<string, readonly Rule[]> {
  const known = (step: Step): Step => {
    if (step.kind !== 'verdict' || !('chain' in step.verdict) || chains.has(step.verdict.chain)) return step;
    const why = `the target ${step.verdict.chain.split(' ').at(-1)} is not known`;
    return { kind: 'verdict', verdict: { kind: 'unknown', why } };
  };
  return new Map(
    [...chains].map(([key, rules]) => [
      key,
      rules.map(({ place, steps }) => ({ place, steps: steps.map(known) })),
    ]),
  );
}

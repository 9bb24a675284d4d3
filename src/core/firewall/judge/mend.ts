import type { RulePlace } from './journey.ts';
import type { StrangerFate } from './judge-stranger.ts';
import { keyOf } from './read-iptables.ts';
import { nftKey } from './read-nft.ts';
import type { BaseChain, Rule, Ruleset } from './ruleset.ts';

/** A port that is to be closed to strangers. */
export type MendedPort = { readonly protocol: 'tcp' | 'udp'; readonly port: number };

/** BOUNDED: rules that let one port in, one after the other. */
const MAX_STEPS = 8;

export type MendOptions = {
  readonly judge: (ruleset: Ruleset) => StrangerFate;
  /** How the program that has made the rule takes it away; `undefined`: the rule is the owner's own. */
  readonly ownerCommand: (rule: RulePlace) => string | undefined;
};

/**
 * Commands that close the port: each rule that lets strangers in is deleted if it is for this port alone, else a drop is put
 * before it; where none does, a drop is put at the end. `undefined`: none of that closes it.
 */
export function mendPort(
  ruleset: Ruleset,
  port: MendedPort,
  { judge, ownerCommand }: MendOptions,
): string[] | undefined {
  const commands: string[] = [];
  let current = ruleset;
  for (let step = 0; step < MAX_STEPS; step++) {
    const { kind, by } = judge(current);
    if (kind === 'dropped') return commands;
    // A drop at prerouting would come before the rules that open the door.
    if (kind !== 'in' || by === undefined || (by.chain.hook !== 'input' && by.chain.hook !== 'forward'))
      return undefined;
    const { rule, chain } = by;
    const owner = rule === undefined ? undefined : ownerCommand(rule);
    if (rule === undefined) {
      commands.push(appendDrop(chain, port));
      current = closed(current, chain);
    } else if (owner !== undefined || rule.scope === 'port') {
      const command = owner ?? deletion(rule);
      if (!commands.includes(command)) commands.push(command);
      current = changed(current, rule, () => []);
    } else {
      commands.push(insertDrop(rule, current, port));
      current = changed(current, rule, ({ place }) => [
        { place, steps: [{ kind: 'verdict', verdict: { kind: 'drop' } }] },
      ]);
    }
  }
  return undefined;
}

/** Commands that let what is established through every chain that ends it. */
export function mendEstablished(ruleset: Ruleset, judge: MendOptions['judge']): string[] {
  const commands: string[] = [];
  let current = ruleset;
  for (let step = 0; step < MAX_STEPS; step++) {
    const { kind, by } = judge(current);
    if (kind !== 'dropped' || by === undefined) break;
    const { tool, family, table, chain } = by.chain.place;
    commands.push(
      tool === 'nft'
        ? `nft insert rule ${family} ${table} ${chain} ct state established,related accept`
        : `${tool}${tableWord(table)} -I ${chain} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
    );
    const { bases, chains } = current;
    current = { bases: bases.filter((one) => one.key !== by.chain.key), chains };
  }
  return commands;
}

function deletion({ tool, family, table, chain, text, handle }: RulePlace): string {
  if (tool === 'nft') return `nft delete rule ${family} ${table} ${chain} handle ${handle}`;
  return `${tool}${tableWord(table)} -D ${chain} ${forShell(text)}`;
}

function insertDrop(rule: RulePlace, ruleset: Ruleset, port: MendedPort): string {
  const { tool, family, table, chain, handle } = rule;
  if (tool === 'nft') return `nft insert rule ${family} ${table} ${chain} handle ${handle} ${nftDrop(port)}`;
  const place = (ruleset.chains.get(keyOf(rule)) ?? []).findIndex((one) => one.place === rule) + 1;
  return `${tool}${tableWord(table)} -I ${chain} ${place} ${iptablesDrop(port)}`;
}

function appendDrop({ place }: BaseChain, port: MendedPort): string {
  const { tool, family, table, chain } = place;
  if (tool === 'nft') return `nft add rule ${family} ${table} ${chain} ${nftDrop(port)}`;
  return `${tool}${tableWord(table)} -A ${chain} ${iptablesDrop(port)}`;
}

const tableWord = (table: string): string => (table === 'filter' ? '' : ` -t ${table}`);

const nftDrop = ({ protocol, port }: MendedPort): string => `${protocol} dport ${port} ct state new drop`;

export const iptablesDrop = ({ protocol, port }: MendedPort): string =>
  `-p ${protocol} --dport ${port} -m conntrack --ctstate NEW -j DROP`;

/** iptables-save quotes otherwise than a shell. */
function forShell(text: string): string {
  return [...text.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)]
    .map(([, quoted, plain = '']) => (quoted === undefined ? plain : quoted.replaceAll(/\\(.)/g, '$1')))
    .map((word) => (/^[\w./:,+=%@!-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(' ');
}

function changed({ bases, chains }: Ruleset, rule: RulePlace, change: (rule: Rule) => Rule[]): Ruleset {
  const key = rule.tool === 'nft' ? nftKey(rule) : keyOf(rule);
  const rules = (chains.get(key) ?? []).flatMap((one) => (one.place === rule ? change(one) : [one]));
  return { bases, chains: new Map([...chains, [key, rules]]) };
}

/** The port is dropped where no rule has decided: as a policy would. */
function closed({ bases, chains }: Ruleset, chain: BaseChain): Ruleset {
  return { bases: bases.map((one) => (one.key === chain.key ? { ...one, policy: 'drop' } : one)), chains };
}

import { quoteShell } from '../../text/quote-word.ts';
import type { RulePlace } from './journey.ts';
import type { StrangerFate } from './judge-stranger.ts';
import type { Decision } from './pass-hooks.ts';
import { keyOf } from './read-iptables.ts';
import { nftKey } from './read-nft.ts';
import type { BaseChain, Rule, Ruleset } from './ruleset.ts';

/** A port to be closed to strangers. */
export type PortToClose = { readonly protocol: 'tcp' | 'udp'; readonly port: number };

/** What a command does, and with which program. */
export type FixKind =
  | 'ufw-delete'
  | 'ufw-prepend'
  | 'firewalld-remove'
  | 'firewalld-drop'
  | `${'iptables' | 'nft'}-${'delete' | 'insert'}`
  | 'iptables-append'
  | 'nft-add'
  | 'nft-table';

export type FixCommand = { readonly by: FixKind; readonly command: string };

/** BOUNDED: rules that accept one port, one after another. */
const MAX_STEPS = 8;

/** linux/netfilter_ipv4.h: NF_IP_PRI_CONNTRACK. No chain before it knows which connections are established. */
const TRACKING_PRIORITY = -200;

export type FixOptions = {
  readonly judge: (ruleset: Ruleset) => StrangerFate;
  /** How the program that manages the rule closes the port; `undefined`: the rule is the owner's own. */
  readonly ownerCommand: (rule: RulePlace) => FixCommand | undefined;
  /** The same if no rule but the policy of this chain accepts it. */
  readonly ownerPolicy: (chain: BaseChain) => FixCommand | undefined;
};

/**
 * Commands that close the port. Each rule that lets strangers in is deleted if it only concerns this port; otherwise a
 * drop is inserted before it. If no rule accepts it, a drop is appended. If none of that surely closes it, a drop is
 * inserted first. `undefined`: no chain decides after the routing.
 */
export function fixPort(
  ruleset: Ruleset,
  port: PortToClose,
  { judge, ownerCommand, ownerPolicy }: FixOptions,
): FixCommand[] | undefined {
  const commands: FixCommand[] = [];
  const add = (one: FixCommand): void => {
    if (!commands.some(({ command }) => command === one.command)) commands.push(one);
  };
  const first = judge(ruleset);
  // A drop at prerouting would come before the rules that open the door.
  if (first.by === undefined || !isDecisive(first.by.chain)) return undefined;
  const match = matchOf(port, first.translatedBy !== undefined);
  const ended = new Set<string>();
  let current = ruleset;
  for (let step = 0; step < MAX_STEPS; step++) {
    const { kind, by } = step === 0 ? first : judge(current);
    if (kind === 'dropped') return commands;
    if (kind !== 'in' || by === undefined || !isDecisive(by.chain)) break;
    const { rule, chain } = by;
    const owner = rule === undefined ? ownerPolicy(chain) : ownerCommand(rule);
    if (rule === undefined) {
      // A `goto` or a return on the way leaves the chain before its end.
      if (ended.has(chain.key)) break;
      ended.add(chain.key);
      add(owner ?? appendDrop(chain, match));
      current = owner === undefined ? dropAtEnd(current, chain) : closed(current, chain);
    } else if (owner !== undefined || rule.scope === 'port') {
      add(owner ?? deletion(rule));
      current = changed(current, rule, () => []);
    } else {
      add(insertDrop(rule, current, match));
      current = changed(current, rule, ({ place }) => [
        { place, steps: [{ kind: 'verdict', verdict: { kind: 'drop' } }] },
      ]);
    }
  }
  return [dropBefore(first.by.chain, match)];
}

const isDecisive = ({ hook }: BaseChain): boolean => hook === 'input' || hook === 'forward';

export type EstablishedCommand = {
  readonly by: 'iptables-established' | 'nft-established';
  readonly command: string;
};

/** Commands that accept established connections in every chain that would end them. Empty: no rule would. */
export function fixEstablished(ruleset: Ruleset, judge: FixOptions['judge']): EstablishedCommand[] {
  const commands: EstablishedCommand[] = [];
  let current = ruleset;
  for (let step = 0; step < MAX_STEPS; step++) {
    const { kind, by } = judge(current);
    if (kind !== 'dropped' || by === undefined) break;
    const { tool, family, table, chain } = by.chain.place;
    const { hook, priority } = by.chain;
    if (hook === 'ingress' || (hook === 'prerouting' && priority <= TRACKING_PRIORITY)) return [];
    commands.push(
      tool === 'nft'
        ? {
            by: 'nft-established',
            command: `nft insert rule ${family} ${table} ${chain} ct state established,related accept`,
          }
        : {
            by: 'iptables-established',
            command: `${tool}${tableWord(table)} -I ${chain} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
          },
    );
    const { bases, chains } = current;
    current = { bases: bases.filter((one) => one.key !== by.chain.key), chains };
  }
  return commands;
}

/** For a family without any rules; `tool`: the program that the host has. */
export function firstDrop(tool: 'iptables' | 'ip6tables' | 'nft', port: PortToClose): FixCommand {
  const { nft, iptables } = matchOf(port, false);
  if (tool !== 'nft') return { by: 'iptables-append', command: `${tool} -A INPUT ${iptables}` };
  const chain = 'chain input { type filter hook input priority 0; policy accept; }';
  return {
    by: 'nft-table',
    command: `nft 'table inet hidden { ${chain}; }; add rule inet hidden input ${nft}'`,
  };
}

/** The command that accepts the port in a chain that drops it; another chain closes it. */
export function acceptInChain(
  { chain }: Decision,
  { protocol, port }: PortToClose,
): { readonly by: 'iptables-pass' | 'nft-pass'; readonly command: string } {
  const { tool, family, table, chain: name } = chain.place;
  const nft = `nft insert rule ${family} ${table} ${name} ${protocol} dport ${port} accept`;
  if (tool === 'nft') return { by: 'nft-pass', command: nft };
  const command = `${tool}${tableWord(table)} -I ${name} -p ${protocol} --dport ${port} -j ACCEPT`;
  return { by: 'iptables-pass', command };
}

/** Drops packets that are forwarded, or redirected to another port of this host, by the port addressed originally. */
export function forwardDrop(
  tools: readonly ('iptables' | 'ip6tables' | 'nft')[],
  port: PortToClose,
): { readonly by: 'iptables-forward' | 'nft-forward'; readonly command: string } {
  const { nft, iptables } = matchOf(port, true);
  if (tools.includes('nft')) {
    const chains = (['forward', 'input'] as const).map(
      (hook) => `chain ${hook} { type filter hook ${hook} priority -1; policy accept; }; `,
    );
    const rules = (['forward', 'input'] as const).map((hook) => `add rule inet hidden ${hook} ${nft}`);
    return {
      by: 'nft-forward',
      command: `nft 'table inet hidden { ${chains.join('')}}; ${rules.join('; ')}'`,
    };
  }
  const commands = tools.flatMap((tool) =>
    ['FORWARD', 'INPUT'].map((chain) => `${tool} -I ${chain} ${iptables}`),
  );
  return { by: 'iptables-forward', command: commands.join(' && ') };
}

type DropMatch = { readonly nft: string; readonly iptables: string };

/**
 * Matches only first packets, so that existing connections stay. TCP's are recognized by their flags, even without
 * tracking. A translated connection is tracked, and has another port by then.
 */
function matchOf({ protocol, port }: PortToClose, isTranslated: boolean): DropMatch {
  if (isTranslated) {
    return {
      nft: `meta l4proto ${protocol} ct original proto-dst ${port} ct state new drop`,
      iptables: `-p ${protocol} -m conntrack --ctstate NEW --ctorigdstport ${port} -j DROP`,
    };
  }
  if (protocol === 'tcp') {
    return {
      nft: `tcp dport ${port} tcp flags & (fin | syn | rst | ack) == syn drop`,
      iptables: `-p tcp --dport ${port} --syn -j DROP`,
    };
  }
  return {
    nft: `udp dport ${port} ct state != { established, related } drop`,
    iptables: `-p udp --dport ${port} -m conntrack ! --ctstate RELATED,ESTABLISHED -j DROP`,
  };
}

function deletion({ tool, family, table, chain, text, handle }: RulePlace): FixCommand {
  if (tool === 'nft')
    return { by: 'nft-delete', command: `nft delete rule ${family} ${table} ${chain} handle ${handle}` };
  return { by: 'iptables-delete', command: `${tool}${tableWord(table)} -D ${chain} ${forShell(text)}` };
}

function insertDrop(rule: RulePlace, ruleset: Ruleset, match: DropMatch): FixCommand {
  const { tool, family, table, chain, handle } = rule;
  if (tool === 'nft') {
    const command = `nft 'insert rule ${family} ${table} ${chain} handle ${handle} ${match.nft}'`;
    return { by: 'nft-insert', command };
  }
  const place = (ruleset.chains.get(keyOf(rule)) ?? []).findIndex((one) => one.place === rule) + 1;
  const command = `${tool}${tableWord(table)} -I ${chain} ${place} ${match.iptables}`;
  return { by: 'iptables-insert', command };
}

function appendDrop({ place }: BaseChain, match: DropMatch): FixCommand {
  const { tool, family, table, chain } = place;
  if (tool === 'nft')
    return { by: 'nft-add', command: `nft 'add rule ${family} ${table} ${chain} ${match.nft}'` };
  return { by: 'iptables-append', command: `${tool}${tableWord(table)} -A ${chain} ${match.iptables}` };
}

function dropBefore({ place }: BaseChain, match: DropMatch): FixCommand {
  const { tool, family, table, chain } = place;
  if (tool === 'nft')
    return { by: 'nft-insert', command: `nft 'insert rule ${family} ${table} ${chain} ${match.nft}'` };
  return { by: 'iptables-insert', command: `${tool}${tableWord(table)} -I ${chain} ${match.iptables}` };
}

const tableWord = (table: string): string => (table === 'filter' ? '' : ` -t ${table}`);

/** iptables-save quotes differently from a shell. */
function forShell(text: string): string {
  return [...text.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)]
    .map(([, quoted, plain = '']) => (quoted === undefined ? plain : quoted.replaceAll(/\\(.)/g, '$1')))
    .map((word) => (/^[\w./:,+=%@!-]+$/.test(word) ? word : quoteShell(word)))
    .join(' ');
}

function changed({ bases, chains }: Ruleset, rule: RulePlace, change: (rule: Rule) => Rule[]): Ruleset {
  const key = rule.tool === 'nft' ? nftKey(rule) : keyOf(rule);
  const rules = (chains.get(key) ?? []).flatMap((one) => (one.place === rule ? change(one) : [one]));
  return { bases, chains: new Map([...chains, [key, rules]]) };
}

function dropAtEnd({ bases, chains }: Ruleset, { key, place }: BaseChain): Ruleset {
  const drop: Rule = { place, steps: [{ kind: 'verdict', verdict: { kind: 'drop' } }] };
  return { bases, chains: new Map([...chains, [key, [...(chains.get(key) ?? []), drop]]]) };
}

/** The port is dropped if no rule has decided, as by a policy. */
function closed({ bases, chains }: Ruleset, chain: BaseChain): Ruleset {
  return { bases: bases.map((one) => (one.key === chain.key ? { ...one, policy: 'drop' } : one)), chains };
}

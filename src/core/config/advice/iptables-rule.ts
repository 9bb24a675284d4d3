import type { SimpleCommand } from './simple-commands.ts';

/** A rule that an iptables(8) command adds to a chain, or deletes from it. */
export type IptablesRule = {
  readonly action: 'append' | 'insert' | 'delete';
  readonly table: string;
  readonly chain: string;
  /** Matches and target by option name; `!` before a negated value. */
  readonly words: ReadonlyMap<string, string>;
};

const NAMES = /^ip6?tables(?:-nft|-legacy)?$/;

/** iptables(8), iptables-extensions(8): spellings of one option. */
const ALIASES: Readonly<Record<string, string>> = {
  '-A': '--append',
  '-I': '--insert',
  '-D': '--delete',
  '-t': '--table',
  '-s': '--source',
  '--src': '--source',
  '-d': '--destination',
  '--dst': '--destination',
  '-p': '--protocol',
  '--proto': '--protocol',
  '-i': '--in-interface',
  '-o': '--out-interface',
  '-j': '--jump',
  '-m': '--match',
  '--destination-port': '--dport',
  '--source-port': '--sport',
  '--destination-ports': '--dports',
  '--source-ports': '--sports',
  '-w': '--wait',
  '-W': '--wait-interval',
  '-v': '--verbose',
  '-n': '--numeric',
  '-4': '--ipv4',
  '-6': '--ipv6',
};

const WITH_VALUE = new Set(
  (
    '--source --destination --protocol --in-interface --out-interface --jump --dport --sport --dports --sports ' +
    '--state --ctstate --comment --reject-with --to-destination --to-source --to-ports --log-prefix --mac-source'
  ).split(' '),
);

const WITHOUT_MEANING = new Set(['--verbose', '--numeric', '--ipv4', '--ipv6']);

export function isIptables({ program }: SimpleCommand): boolean {
  return NAMES.test(program);
}

/** `undefined` if it is not a single rule, or has unknown words. */
export function iptablesRule(command: SimpleCommand): IptablesRule | undefined {
  if (!isIptables(command)) return undefined;
  const args = command.args.flatMap((arg) => (/^--[a-z-]+=/.test(arg) ? splitEquals(arg) : [arg]));
  const words = new Map<string, string>();
  let place: { readonly action: IptablesRule['action']; readonly chain: string } | undefined;
  let table = 'filter';
  let isNegated = false;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    const option = ALIASES[arg] ?? arg;
    const value = args[i + 1];
    if (arg === '!') {
      isNegated = true;
      continue;
    }
    if (WITHOUT_MEANING.has(option)) continue;
    if (option === '--wait' || option === '--wait-interval') {
      if (/^[0-9]+$/.test(value ?? '')) i++;
      continue;
    }
    if (option === '--syn') {
      words.set(option, isNegated ? '!' : '');
      isNegated = false;
      continue;
    }
    if (value === undefined) return undefined;
    i++;
    if (option === '--append' || option === '--insert' || option === '--delete') {
      if (place !== undefined) return undefined;
      place = { action: option.slice(2) as IptablesRule['action'], chain: value };
      if (/^[0-9]+$/.test(args[i + 1] ?? '')) {
        // Deletion by number: which rule that is, is only known at run time.
        if (option === '--delete') return undefined;
        i++;
      }
    } else if (option === '--table') {
      table = value;
    } else if (option === '--match') {
      // A match with words of its own.
      if (!/^(?:tcp|udp|state|conntrack|comment|multiport|mac)$/.test(value)) return undefined;
    } else if (WITH_VALUE.has(option)) {
      words.set(option, `${isNegated ? '! ' : ''}${plainValue(option, value)}`);
      isNegated = false;
    } else {
      return undefined;
    }
  }
  return place === undefined ? undefined : { ...place, table, words };
}

function splitEquals(arg: string): readonly [string, string] {
  const at = arg.indexOf('=');
  return [arg.slice(0, at), arg.slice(at + 1)];
}

function plainValue(option: string, value: string): string {
  if (option === '--source' || option === '--destination') return value.replace(/(%IP%)\/(?:32|128)$/, '$1');
  return option === '--protocol' ? value.toLowerCase() : value;
}

/** The first option by which two rules differ, with both values; '' if one has none. */
export function ruleDifference(
  a: IptablesRule,
  b: IptablesRule,
): { readonly option: string; readonly values: readonly [string, string] } | undefined {
  if (a.table !== b.table) return { option: '--table', values: [a.table, b.table] };
  if (a.chain !== b.chain) return { option: 'chain', values: [a.chain, b.chain] };
  for (const option of new Set([...a.words.keys(), ...b.words.keys()])) {
    const [one, other] = [a.words.get(option) ?? '', b.words.get(option) ?? ''];
    if (one !== other && !isSameService(option, one, other)) return { option, values: [one, other] };
  }
  return undefined;
}

/** A port or protocol may be a number in one and a name in the other. */
function isSameService(option: string, a: string, b: string): boolean {
  const names = /port|protocol/.test(option);
  return names && a !== '' && b !== '' && /^[0-9:,]+$/.test(a) !== /^[0-9:,]+$/.test(b);
}

import { type Address, parseAddress } from '../net/address.ts';
import { isOwnChain, JUMPS } from './part-names.ts';

type Hook = keyof typeof JUMPS;

/** Bussa's rules in one family's table `filter`, as listed by `iptables -S`. */
export type OwnPart = {
  readonly chains: readonly string[];
  /** The rules of each of these chains, as listed. */
  readonly rules: ReadonlyMap<string, readonly string[]>;
  /** How often Bussa's chain is jumped to, and whether before every other rule. */
  readonly jumps: Readonly<Record<Hook, { readonly count: number; readonly first: boolean }>>;
  /** The owner's own rules and policies, as listed. */
  readonly owner: readonly string[];
};

/** The foreign rules in INPUT. */
export type ForeignInput = {
  readonly rules: number;
  /** Packets that no rule accepts are dropped, by the policy or by a last rule. */
  readonly closes: boolean;
};

export function readOwnPart(listing: string): OwnPart {
  const lines = linesOf(listing);
  const chains = lines.flatMap((line) => {
    const [command, chain = ''] = line.split(' ', 2);
    return command === '-N' && isOwnChain(chain) ? [chain] : [];
  });
  return {
    chains,
    rules: new Map(chains.map((chain) => [chain, lines.filter((line) => line.startsWith(`-A ${chain} `))])),
    jumps: {
      INPUT: readJump(lines, 'INPUT'),
      FORWARD: readJump(lines, 'FORWARD'),
      OUTPUT: readJump(lines, 'OUTPUT'),
    },
    owner: lines.filter((line) => !isOwnChain(line.split(' ', 2)[1] ?? '')),
  };
}

export function readForeignInput(listing: string): ForeignInput {
  const lines = linesOf(listing);
  const rules = lines.filter((line) => line.startsWith('-A INPUT ') && !OWN_JUMPS.has(line));
  const endsAll = /^-A INPUT (?:-m comment --comment (?:\S+|"(?:[^"\\]|\\.)*") )?-j (?:DROP|REJECT)\b/;
  return { rules: rules.length, closes: lines.includes('-P INPUT DROP') || endsAll.test(rules.at(-1) ?? '') };
}

/** Whether Bussa's rules are the same in two listings. Leases stored as rules are not compared. */
export function sameStructure(a: OwnPart, b: OwnPart): boolean {
  return structure(a) === structure(b);
}

/** The sets that its rules refer to. */
export function setsInUse(part: OwnPart): string[] {
  const rules = [...part.rules.values()].flat();
  return rules.flatMap((line) => / --match-set (\S+) /.exec(line)?.[1] ?? []);
}

/** The sources, or the bases of prefixes, that a door's chain lets in. */
export function readLeases(part: OwnPart, chain: string): Set<Address> {
  const sources = (part.rules.get(chain) ?? []).map((line) => {
    const text = / -s (\S+)\/[0-9]+ /.exec(line)?.[1];
    return text === undefined ? undefined : parseAddress(text);
  });
  return new Set(sources.filter((source) => source !== undefined));
}

function readJump(lines: readonly string[], hook: Hook): OwnPart['jumps'][Hook] {
  const rules = lines.filter((line) => line.startsWith(`-A ${hook} `));
  const jump = jumpLine(hook);
  return { count: rules.filter((line) => line === jump).length, first: rules[0] === jump };
}

function structure({ chains, rules, jumps }: OwnPart): string {
  const bodies = [...chains]
    .sort()
    .map((chain) => [chain, (rules.get(chain) ?? []).filter((line) => !line.startsWith(`-A ${chain} -s `))]);
  return JSON.stringify([bodies, jumps.INPUT, jumps.FORWARD, jumps.OUTPUT]);
}

/** Also the jump with which nftables was attached to the same chain. */
const OWN_JUMPS: ReadonlySet<string> = new Set(['-A INPUT -j BUSSA', '-A INPUT -j bussa_input']);

const jumpLine = (hook: Hook): string => `-A ${hook} -j ${JUMPS[hook]}`;

function linesOf(listing: string): string[] {
  return listing.split('\n').filter((line) => line !== '');
}

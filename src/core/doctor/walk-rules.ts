import type { Family } from '../net/address.ts';
import type { Port } from '../net/port.ts';
import type { Protocol } from '../net/protocol.ts';

/** A packet from elsewhere, of an address that no rule names. */
export type StrangerPacket = {
  readonly family: Family;
  readonly protocol: Protocol;
  readonly port: Port;
  /** As the kernel's connection tracking has it. */
  readonly state: 'new' | 'established';
  /** Where it may come in. */
  readonly interfaces: readonly string[];
};

/** Whether a packet meets a rule; `maybe`: by something that cannot be known beforehand. */
export type Truth = 'yes' | 'no' | 'maybe';

export type RuleAct =
  | { readonly kind: 'accept' | 'drop' | 'return' | 'none' }
  | { readonly kind: 'jump' | 'goto'; readonly chain: string };

/** What a rule does with one packet. */
export type PlainRule = { readonly when: Truth; readonly act: RuleAct };

/** What can become of a packet in a chain; `through`: it comes out at its end. */
export type Fate = { readonly accept: boolean; readonly drop: boolean; readonly through: boolean };

/** NFT_JUMP_STACK_SIZE of the kernel's net/netfilter/nf_tables.h. */
const MAX_DEPTH = 16;

export function both(truths: readonly Truth[]): Truth {
  if (truths.includes('no')) return 'no';
  return truths.includes('maybe') ? 'maybe' : 'yes';
}

export function negate(truth: Truth): Truth {
  return truth === 'yes' ? 'no' : truth === 'no' ? 'yes' : 'maybe';
}

/** BOUNDED: each chain is walked once; one that is deeper than the kernel allows is as one without rules. */
export function walkRules(chains: ReadonlyMap<string, readonly PlainRule[]>, start: string): Fate {
  const known = new Map<string, Fate>();
  const walk = (chain: string, depth: number): Fate => {
    const before = known.get(chain);
    if (before !== undefined) return before;
    if (depth > MAX_DEPTH) return { accept: false, drop: false, through: true };
    const fate = walkOne(chains.get(chain) ?? [], (next) => walk(next, depth + 1));
    known.set(chain, fate);
    return fate;
  };
  return walk(start, 0);
}

function walkOne(rules: readonly PlainRule[], follow: (chain: string) => Fate): Fate {
  let accept = false;
  let drop = false;
  let through = false;
  for (const { when, act } of rules) {
    if (when === 'no' || act.kind === 'none') continue;
    let goesOn = when === 'maybe';
    if ('chain' in act) {
      const fate = follow(act.chain);
      accept ||= fate.accept;
      drop ||= fate.drop;
      if (act.kind === 'jump') goesOn ||= fate.through;
      else through ||= fate.through;
    } else if (act.kind === 'accept') accept = true;
    else if (act.kind === 'drop') drop = true;
    else through = true;
    if (!goesOn) return { accept, drop, through };
  }
  return { accept, drop, through: true };
}

import type { PortOpening } from '../door/port-opening.ts';
import {
  ALWAYS,
  allBut,
  both,
  type Condition,
  type Hook,
  type Matched,
  matchEstablished,
} from './match-established.ts';
import { isOwnChain } from './part-names.ts';
import { type RuleLine, readRuleLine } from './rule-line.ts';

/**
 * What the owner's rules do with packets of established connections: `on` are those that some rule lets in or blocks for
 * a reason of its own (a source, say); `ended`, those that it drops whoever they come from.
 */
export type Judgement = { readonly condition: Condition; readonly verdict: 'on' | 'ended' };

/** BOUNDED: of rules that ask for an interface or an address this many are told apart; of the rest, the last word counts. */
const MAX_JUDGEMENTS = 16;

/** BOUNDED: chains that go round, which the kernel refuses, would lead nowhere. */
const MAX_DEPTH = 64;

/**
 * How the owner's rules at a hook, as `iptables -S` lists them, judge established connections to a door's ports, the first
 * that applies counting. The last applies to all.
 */
export function judgeEstablished(
  lines: readonly string[],
  opening: PortOpening,
  hook: Hook,
): readonly Judgement[] {
  const walk = new Walk(lines, opening, hook);
  walk.through(hook, ALWAYS, 0);
  const verdict = lines.includes(`-P ${hook} DROP`) ? 'ended' : 'on';
  return shortened([...walk.judgements, { condition: ALWAYS, verdict }]);
}

class Walk {
  readonly judgements: Judgement[] = [];
  readonly #chains: ReadonlyMap<string, readonly RuleLine[]>;
  readonly #opening: PortOpening;
  readonly #hook: Hook;

  constructor(lines: readonly string[], opening: PortOpening, hook: Hook) {
    this.#chains = Map.groupBy(lines.map(readRuleLine).filter(isRule), ({ chain }) => chain);
    this.#opening = opening;
    this.#hook = hook;
  }

  /** Returns whether some packets come out of the chain, at its end or by RETURN. */
  through(chain: string, entering: Condition, depth: number): boolean {
    let here: Matched = entering;
    let returned = false;
    for (const rule of this.#chains.get(chain) ?? []) {
      if (typeof here === 'string') break;
      const matched = isOwnChain(rule.target)
        ? 'never'
        : both(here, matchEstablished(rule.options, this.#opening, this.#hook));
      if (typeof matched === 'string') continue;
      const left = this.#apply(rule, matched, depth);
      if (left === 'passed') continue;
      if (left === 'returned') returned = true;
      // What was judged before counts first, so those that are decided need not be left out of what follows.
      if (matched.size === here.size) here = 'never';
      else if (left === 'returned') here = both(here, allBut(matched, here));
    }
    return returned || here !== 'never';
  }

  /** `decided`: no such packet comes any further; `passed`: they come to the next rule. */
  #apply({ target, isGoto }: RuleLine, matched: Condition, depth: number): 'decided' | 'returned' | 'passed' {
    if (target === 'ACCEPT' || ASIDE.has(target)) return this.#judge(matched, 'on');
    // Somebody in particular is blocked: that is the owner's wish.
    if (target === 'DROP' || target === 'REJECT')
      return this.#judge(matched, matched.has('-s') || matched.has('-d') ? 'on' : 'ended');
    if (target === 'RETURN') return 'returned';
    if (!this.#chains.has(target) || depth > MAX_DEPTH) return 'passed';
    if (!this.through(target, matched, depth + 1)) return 'decided';
    return isGoto ? 'returned' : 'passed';
  }

  #judge(condition: Condition, verdict: Judgement['verdict']): 'decided' {
    if (this.judgements.length < MAX_JUDGEMENTS) this.judgements.push({ condition, verdict });
    return 'decided';
  }
}

/** They go to somebody who decides: a program, or a proxy. */
const ASIDE = new Set(['NFQUEUE', 'QUEUE', 'SYNPROXY']);

function isRule(rule: RuleLine | undefined): rule is RuleLine {
  return rule !== undefined;
}

/** Without what can never apply, behind one that always does, and without what says the same as all behind it. */
function shortened(judgements: readonly Judgement[]): Judgement[] {
  const end = judgements.findIndex(({ condition }) => condition.size === 0);
  const kept = judgements.slice(0, end + 1);
  while (kept.length > 1 && kept.at(-2)?.verdict === kept.at(-1)?.verdict) kept.splice(-2, 1);
  return kept;
}

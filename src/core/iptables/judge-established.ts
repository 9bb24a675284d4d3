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
 * How the owner's rules treat packets of established connections. `on`: some rule accepts them, or blocks them for a
 * specific reason such as a source. `ended`: they are dropped regardless of the source.
 */
export type Judgement = { readonly condition: Condition; readonly verdict: 'on' | 'ended' };

/** BOUNDED: number of judgements by interface or address that are told apart; for the others, the last one counts. */
const MAX_JUDGEMENTS = 16;

/** BOUNDED: circular chains, which the kernel refuses, would otherwise never end. */
const MAX_DEPTH = 64;

/**
 * How the owner's rules at a hook, as listed by `iptables -S`, treat established connections to a door's ports. The
 * first applicable judgement counts; the last one applies to all.
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

  /** Returns whether some packets leave the chain, at its end or by RETURN. */
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
      // Earlier judgements take precedence, so decided packets need not be excluded from later ones.
      if (matched.size === here.size) here = 'never';
      else if (left === 'returned') here = both(here, allBut(matched, here));
    }
    return returned || here !== 'never';
  }

  /** `decided`: no such packet continues; `passed`: they reach the next rule. */
  #apply({ target, isGoto }: RuleLine, matched: Condition, depth: number): 'decided' | 'returned' | 'passed' {
    if (target === 'ACCEPT' || ASIDE.has(target)) return this.#judge(matched, 'on');
    // Somebody specific is blocked, as the owner wishes.
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

/** Targets that pass them to another decider: a program, or a proxy. */
const ASIDE = new Set(['NFQUEUE', 'QUEUE', 'SYNPROXY']);

function isRule(rule: RuleLine | undefined): rule is RuleLine {
  return rule !== undefined;
}

/** Removes judgements that can never apply, after one that always does, and those that equal all that follow. */
function shortened(judgements: readonly Judgement[]): Judgement[] {
  const end = judgements.findIndex(({ condition }) => condition.size === 0);
  const kept = judgements.slice(0, end + 1);
  while (kept.length > 1 && kept.at(-2)?.verdict === kept.at(-1)?.verdict) kept.splice(-2, 1);
  return kept;
}

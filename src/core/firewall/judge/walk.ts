import { type Journey, journeyKey, type RulePlace, type Stranger } from './journey.ts';
import type { Choice, Rule, Ruleset, Step, Verdict } from './ruleset.ts';

/** A possible result for a packet in a chain; `through`: it leaves at the chain's end. */
export type Outcome = {
  readonly kind: 'accept' | 'drop' | 'through';
  readonly journey: Journey;
  /** The rule that decided; `undefined`: a policy, or none. */
  readonly by?: RulePlace;
};

/** NFT_JUMP_STACK_SIZE of the kernel's net/netfilter/nf_tables.h; iptables-legacy has no such limit. */
const MAX_DEPTH = 64;
/** BOUNDED: variants of one packet's journey followed at a time. */
const MAX_JOURNEYS = 64;

const TOO_MANY = 'more ways through the rules than can be followed';

/** All possible results for one packet, chain by chain. */
export class Walk {
  readonly #ruleset: Ruleset;
  readonly #packet: Stranger;
  readonly #known = new Map<string, readonly Outcome[]>();

  constructor(ruleset: Ruleset, packet: Stranger) {
    this.#ruleset = ruleset;
    this.#packet = packet;
  }

  /** BOUNDED: each chain is walked once per different journey. */
  chain(key: string, journey: Journey, depth = 0): readonly Outcome[] {
    if (depth > MAX_DEPTH) return bothWays(unsure(journey, 'chains deeper than the kernel allows'));
    const id = `${key}\n${journeyKey(journey)}`;
    const before = this.#known.get(id);
    if (before !== undefined) return before;
    const outcomes = this.#rules(this.#ruleset.chains.get(key) ?? [], journey, depth);
    this.#known.set(id, outcomes);
    return outcomes;
  }

  #rules(rules: readonly Rule[], start: Journey, depth: number): readonly Outcome[] {
    const ended = new Map<string, Outcome>();
    let going = new Map([[journeyKey(start), start]]);
    for (const rule of rules) {
      if (going.size === 0) break;
      const next = new Map<string, Journey>();
      for (const journey of going.values()) {
        for (const result of this.#rule(rule, journey, depth)) {
          if (result.kind === 'on') keep(next, journeyKey(result.journey), result.journey);
          else keep(ended, `${result.kind} ${journeyKey(result.journey)}`, result);
        }
      }
      if (next.size + ended.size > MAX_JOURNEYS) return bothWays(unsure(start, TOO_MANY));
      going = next;
    }
    for (const journey of going.values()) {
      keep(ended, `through ${journeyKey(journey)}`, { kind: 'through', journey });
    }
    return [...ended.values()];
  }

  #rule(rule: Rule, start: Journey, depth: number): Result[] {
    const results: Result[] = [];
    let journey = start;
    const pending = new PendingAsks(this.#packet);
    for (const step of rule.steps) {
      const truth = step.kind === 'test' ? pending.test(step, journey) : undefined;
      if (truth === 'no' || truth === 'never') return [...results, { kind: 'on', journey }];
      if (truth === 'yes') continue;
      if (truth === 'maybe' && pending.missed) continue;
      if (truth === 'maybe') {
        if (hasNoEffect(rule.steps)) return [{ kind: 'on', journey }];
        const why = step.kind === 'test' ? step.name : '';
        results.push({ kind: 'on', journey: unsure(journey, why) });
        journey = unsure(journey, why);
        continue;
      }
      pending.report();
      if (pending.missed) return [...results, { kind: 'on', journey }];
      const done = this.#effect(rule, step, journey, depth);
      if (!('next' in done)) return [...results, ...done.results];
      journey = done.next;
    }
    pending.report();
    return [...results, { kind: 'on', journey }];
  }

  #effect(rule: Rule, step: Step, journey: Journey, depth: number): Effect {
    switch (step.kind) {
      case 'change': {
        const changed = step.change(this.#packet, journey);
        return changed === 'never' ? { results: [{ kind: 'on', journey }] } : { next: changed };
      }
      case 'translate': {
        const translated = step.translate(this.#packet, journey);
        if (translated === 'never') return { results: [{ kind: 'on', journey }] };
        return {
          results: [{ kind: 'accept', journey: { ...translated, translatedBy: rule.place }, by: rule.place }],
        };
      }
      case 'verdict':
        return step.verdict.kind === 'continue'
          ? { next: journey }
          : { results: this.#verdict(rule, step.verdict, journey, depth) };
      case 'choice':
        return { results: this.#choose(rule, step.choices, journey, depth) };
      default:
        return { next: journey };
    }
  }

  #choose(rule: Rule, choices: readonly Choice[], journey: Journey, depth: number): Result[] {
    const results: Result[] = [];
    let current = journey;
    const pending = new PendingAsks(this.#packet);
    for (const choice of choices) {
      const truth = pending.test({ kind: 'test', ...choice }, current, true);
      if (truth === 'never') break;
      if (truth === 'no') continue;
      if (truth === 'maybe') current = unsure(current, choice.name);
      results.push(...this.#verdict(rule, choice.verdict, current, depth));
      if (truth === 'yes') return results;
    }
    return [...results, { kind: 'on', journey: current }];
  }

  #verdict(rule: Rule, verdict: Verdict, journey: Journey, depth: number): Result[] {
    switch (verdict.kind) {
      case 'accept':
      case 'drop':
        return [{ kind: verdict.kind, journey, by: rule.place }];
      case 'return':
        return [{ kind: 'through', journey }];
      case 'continue':
        return [{ kind: 'on', journey }];
      case 'unknown': {
        const doubtful = unsure(journey, verdict.why);
        return [
          ...bothWays(doubtful).map((one) => ({ ...one, by: rule.place })),
          { kind: 'on', journey: doubtful },
        ];
      }
      default: {
        const outcomes = this.chain(verdict.chain, journey, depth + 1);
        if (verdict.kind === 'goto') return [...outcomes];
        return outcomes.map((one) => (one.kind === 'through' ? { kind: 'on', journey: one.journey } : one));
      }
    }
  }
}

type Result = Outcome | { readonly kind: 'on'; readonly journey: Journey };
type Effect = { readonly next: Journey } | { readonly results: Result[] };
type TestStep = Extract<Step, { kind: 'test' }>;

/**
 * A rule that a packet fails to match only because of its source must be tried with another source. Such a mismatch
 * ends the rule only after all other conditions were checked.
 */
class PendingAsks {
  readonly #packet: Stranger;
  readonly #heard: Stranger;
  #asks: Parameters<Stranger['asked']>[0][] = [];
  missed = false;

  constructor(packet: Stranger) {
    this.#packet = packet;
    this.#heard = { ...packet, asked: (what) => this.#asks.push(what) };
  }

  /** A mismatch in something that a stranger may choose counts as `yes` until the rule's end, and is remembered. */
  test({ test }: TestStep, journey: Journey, atOnce = false): ReturnType<TestStep['test']> {
    const before = this.#asks.length;
    const truth = test(this.#heard, journey);
    const isAsked = this.#asks.length > before;
    if (atOnce) {
      this.report();
      return truth;
    }
    if (truth !== 'no' || !isAsked) return truth;
    this.missed = true;
    return 'yes';
  }

  report(): void {
    for (const what of this.#asks) this.#packet.asked(what);
    this.#asks = [];
  }
}

function hasNoEffect(steps: readonly Step[]): boolean {
  return steps.every(({ kind }) => kind === 'test');
}

function unsure(journey: Journey, why: string): Journey {
  return journey.unsure === undefined ? { ...journey, unsure: why } : journey;
}

const bothWays = (journey: Journey): Outcome[] => [
  { kind: 'accept', journey },
  { kind: 'drop', journey },
];

function keep<T>(map: Map<string, T>, key: string, value: T): void {
  if (!map.has(key)) map.set(key, value);
}

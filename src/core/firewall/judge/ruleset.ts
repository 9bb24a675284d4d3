import type { Journey, RulePlace, Stranger } from './journey.ts';
import type { Truth } from './truth.ts';

export type Verdict =
  | { readonly kind: 'accept' | 'drop' | 'return' | 'continue' }
  | { readonly kind: 'jump' | 'goto'; readonly chain: string }
  /** Another program decides, or the effect is unknown. */
  | { readonly kind: 'unknown'; readonly why: string };

export type Test = (packet: Stranger, journey: Journey) => Truth;

/** What a rule checks and does, in order. */
export type Step =
  | { readonly kind: 'test'; readonly test: Test; readonly name: string }
  | { readonly kind: 'change'; readonly change: (packet: Stranger, journey: Journey) => Journey | 'never' }
  /** Redirects the packet and ends the chain. */
  | {
      readonly kind: 'translate';
      readonly translate: (packet: Stranger, journey: Journey) => Journey | 'never';
    }
  | { readonly kind: 'verdict'; readonly verdict: Verdict }
  /** The first match counts; the others are skipped. */
  | { readonly kind: 'choice'; readonly choices: readonly Choice[] };

export type Choice = { readonly test: Test; readonly name: string; readonly verdict: Verdict };

export type Rule = { readonly place: RulePlace; readonly steps: readonly Step[] };

export type BaseChain = {
  readonly key: string;
  /** In words. */
  readonly name: string;
  readonly place: RulePlace;
  readonly family: string;
  readonly type: 'filter' | 'nat';
  readonly hook: string;
  readonly priority: number;
  readonly policy: 'accept' | 'drop';
  /** For `ingress`; `undefined`: unknown. */
  readonly devices?: readonly string[];
};

export type Ruleset = {
  readonly bases: readonly BaseChain[];
  readonly chains: ReadonlyMap<string, readonly Rule[]>;
};

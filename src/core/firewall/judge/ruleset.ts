import type { Journey, RulePlace, Stranger } from './journey.ts';
import type { Truth } from './truth.ts';

export type Verdict =
  | { readonly kind: 'accept' | 'drop' | 'return' | 'continue' }
  | { readonly kind: 'jump' | 'goto'; readonly chain: string }
  /** Another program decides, or what it does is not known. */
  | { readonly kind: 'unknown'; readonly why: string };

export type Test = (packet: Stranger, journey: Journey) => Truth;

/** What a rule asks and does, in its order. */
export type Step =
  | { readonly kind: 'test'; readonly test: Test; readonly name: string }
  | { readonly kind: 'change'; readonly change: (packet: Stranger, journey: Journey) => Journey | 'never' }
  /** Sends the packet elsewhere and ends the chain. */
  | {
      readonly kind: 'translate';
      readonly translate: (packet: Stranger, journey: Journey) => Journey | 'never';
    }
  | { readonly kind: 'verdict'; readonly verdict: Verdict }
  /** The first that matches counts; others are passed over. */
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
  /** Of `ingress`; `undefined`: it is not known which. */
  readonly devices?: readonly string[];
};

export type Ruleset = {
  readonly bases: readonly BaseChain[];
  readonly chains: ReadonlyMap<string, readonly Rule[]>;
};

import type { Family } from '../../net/address.ts';
import type { IpsetContents } from './ipset.ts';
import type { Test } from './ruleset.ts';

export type Word = { readonly text: string; readonly quoted: boolean };

export type MatchOption = { readonly not: boolean; readonly name: string; readonly args: readonly string[] };

/** How many words follow each option, and what it checks. `undefined`: it cannot be evaluated. */
export type OptionReader = {
  readonly arity: number;
  readonly read?: (args: readonly string[], around: MatchAround) => Test;
};

export type MatchAround = {
  readonly family: Family;
  readonly sets: IpsetContents;
  readonly options: readonly MatchOption[];
};

/** A match as a whole, if its options belong together. */
export type MatchReader = {
  readonly options: Readonly<Record<string, OptionReader>>;
  readonly whole?: (around: MatchAround) => Test;
};

/** Options that take the same words and check the same. */
export function options(names: string, reader: OptionReader): Record<string, OptionReader> {
  return Object.fromEntries(names.split(' ').map((name) => [`--${name}`, reader]));
}

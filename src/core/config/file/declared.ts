import type { Findings } from '../../text/findings.ts';
import { escapeText } from '../../text/quote-text.ts';
import type { Word } from '../../text/word.ts';
import type { Directive } from './grammar.ts';

/** One directive as it is written. `value`: what stands behind `=`; none where it stands alone or was a mistake. */
export type WrittenLine = {
  readonly directive: { readonly name: string };
  readonly key: Word;
  readonly value?: Word;
};

/** Where the manual lists a directive. */
export type ManualList = 'options' | 'proofs' | 'ports' | 'commands' | 'hooks' | 'fleet';

/** Texts have `backquotes` around what is typed as it stands. */
export type DirectiveHelp = {
  readonly list: ManualList;
  /** What may stand behind `=`: WORDS IN CAPITALS are filled in, all others are typed. */
  readonly value: string;
  /** Whole sentences. In docs/configuration.md they may have links. */
  readonly text: string;
  /** What holds where it is absent. */
  readonly default?: string;
};

export type DirectiveInfo<Name extends string = string> = Directive<Name> & {
  readonly help: DirectiveHelp;
  /** A line, as docs/configuration.md shows it. */
  readonly example?: string;
};

/**
 * A directive, and all that is known of it: how it is parsed, what holds without it, and what the manual says. `Draft` is
 * what its section is to become.
 */
export type Declared<Draft> = DirectiveInfo & {
  readonly read: (line: WrittenLine, draft: Draft, findings: Findings) => void;
};

export type Readers<Draft> = ReadonlyMap<string, Declared<Draft>['read']>;

export const readersOf = <Draft>(table: readonly Declared<Draft>[]): Readers<Draft> =>
  new Map(table.map(({ name, read }) => [name, read]));

/** Nothing to read where there is no value. */
export const valued =
  <Draft>(
    read: (value: Word, draft: Draft, findings: Findings, key: Word) => void,
  ): Declared<Draft>['read'] =>
  ({ key, value }, draft, findings) => {
    if (value !== undefined) read(value, draft, findings, key);
  };

/** The remedy for what is neither. */
export function yesOrNo(key: Word): string {
  const name = escapeText(key.text);
  return `write ${name} = yes or ${name} = no`;
}

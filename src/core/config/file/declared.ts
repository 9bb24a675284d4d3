import type { Findings } from '../../text/findings.ts';
import { escapeText } from '../../text/quote-text.ts';
import type { Word } from '../../text/word.ts';
import { parseYesNo } from '../values/parse-yes-no.ts';
import type { Directive } from './grammar.ts';

/** A directive as written. `value`: the text after `=`; absent if there was no `=` or it was a mistake. */
export type WrittenLine = {
  readonly directive: { readonly name: string };
  readonly key: Word;
  readonly value?: Word;
};

/** The list of the manual that has the directive. */
export type ManualList = 'options' | 'proofs' | 'ports' | 'commands' | 'hooks' | 'fleet';

/** Texts have `backquotes` around literal input. */
export type DirectiveHelp = {
  readonly list: ManualList;
  /** What may follow `=`: WORDS IN CAPITALS are placeholders, all others are literal. */
  readonly value: string;
  /** Whole sentences, which may have links in docs/configuration.md. */
  readonly text: string;
  /** What applies without it. */
  readonly default?: string;
};

export type DirectiveInfo<Name extends string = string> = Directive<Name> & {
  readonly help: DirectiveHelp;
  /** An example line for docs/configuration.md. */
  readonly example?: string;
};

/**
 * Everything about a directive: how it is parsed, its default, and its text in the manual. `Draft`: what its section is
 * collected in.
 */
export type Declared<Draft> = DirectiveInfo & {
  readonly read: (line: WrittenLine, draft: Draft, findings: Findings) => void;
};

export type Readers<Draft> = ReadonlyMap<string, Declared<Draft>['read']>;

export const readersOf = <Draft>(table: readonly Declared<Draft>[]): Readers<Draft> =>
  new Map(table.map(({ name, read }) => [name, read]));

/** Skips a directive without a value. */
export const valued =
  <Draft>(
    read: (value: Word, draft: Draft, findings: Findings, key: Word) => void,
  ): Declared<Draft>['read'] =>
  ({ key, value }, draft, findings) => {
    if (value !== undefined) read(value, draft, findings, key);
  };

/** Reads yes or no: yes sets `key` of that part of the draft, no removes it. */
export const flag = <Draft, Key extends string>(
  partOf: (draft: Draft) => { [name in Key]?: boolean },
  key: Key,
): Declared<Draft>['read'] =>
  valued((value, draft, findings, word) => {
    const part: { [name in Key]?: boolean } = partOf(draft);
    if (parseYesNo(value, yesOrNo(word), findings)) part[key] = true;
    else delete part[key];
  });

/** The remedy for any other value. */
export function yesOrNo(key: Word): string {
  const name = escapeText(key.text);
  return `write ${name} = yes or ${name} = no`;
}

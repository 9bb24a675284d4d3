import { parseArgs } from 'node:util';
import type { OptionTable } from './option.ts';

/** An option as given; `value` is set only if the option takes one. */
export type GivenOption<Table extends OptionTable> = {
  readonly name: keyof Table & string;
  readonly value: string;
};

export type GivenArguments<Table extends OptionTable> = {
  readonly options: readonly GivenOption<Table>[];
  readonly operands: readonly string[];
};

/** A mistake on the command line. The message says what is wrong and what would be right. */
export class UsageError extends Error {}

type Token = ReturnType<typeof parse>['tokens'][number];
type OptionToken = Extract<Token, { kind: 'option' }>;

/**
 * Options and operands in any order, as getopt_long(3) accepts them: clusters, values that begin with a dash, and
 * unambiguous abbreviations of long names. Throws a `UsageError`.
 */
export function readOptions<Table extends OptionTable>(
  table: Table,
  args: readonly string[],
): GivenArguments<Table> {
  const options: GivenOption<Table>[] = [];
  const operands: string[] = [];
  for (const token of tokenize(table, args)) {
    if (token.kind === 'positional') operands.push(token.value);
    if (token.kind !== 'option') continue;
    checkOption(table, token);
    options.push({ name: token.name, value: token.value ?? '' });
  }
  return { options, operands };
}

/** By the options' names; the last one given counts. Throws a `UsageError`. */
export function readValues<Table extends OptionTable>(
  table: Table,
  options: readonly GivenOption<Table>[],
): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const { name, value } of options) {
    if (table[name]?.type === 'string' && value === '') {
      throw new UsageError(`option '--${name}' needs a value that is not empty`);
    }
    values.set(name, value);
  }
  return values;
}

function tokenize(table: OptionTable, args: readonly string[]): readonly Token[] {
  const { tokens } = parse(table, args);
  for (const token of tokens) {
    const expanded = expandAbbreviation(table, token);
    // Start again: with its full name, the option may take the next argument as its value.
    if (expanded !== undefined) return tokenize(table, args.with(token.index, expanded));
  }
  return tokens;
}

function parse(table: OptionTable, args: readonly string[]) {
  // Not strict: its messages are meant for JavaScript programmers, and it refuses values that begin with a dash.
  return parseArgs({
    args,
    options: table as Record<string, { type: 'boolean' | 'string'; short?: string }>,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
}

function checkOption(table: OptionTable, token: OptionToken): void {
  const option = Object.hasOwn(table, token.name) ? table[token.name] : undefined;
  if (option === undefined) throw new UsageError(`unknown option '${token.rawName}'`);
  const takesValue = option.type === 'string';
  if (takesValue && token.value === undefined) {
    throw new UsageError(`option '${token.rawName}' needs a value`);
  }
  if (!takesValue && token.value !== undefined) {
    throw new UsageError(`option '${token.rawName}' takes no value`);
  }
}

function expandAbbreviation(table: OptionTable, token: Token): string | undefined {
  if (token.kind !== 'option' || !token.rawName.startsWith('--')) return undefined;
  if (Object.hasOwn(table, token.name)) return undefined;
  const meant = Object.entries(table)
    .filter(([option, { whole }]) => whole !== true && option.startsWith(token.name))
    .map(([option]) => option);
  if (meant.length > 1) {
    throw new UsageError(`option '${token.rawName}' is ambiguous: --${meant.join(' or --')}`);
  }
  const [name] = meant;
  if (name === undefined) return undefined;
  return token.inlineValue === true ? `--${name}=${token.value}` : `--${name}`;
}

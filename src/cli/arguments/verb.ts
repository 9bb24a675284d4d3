import type { Operand, OptionTable } from './option.ts';

export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [name: string]: Json | undefined };

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** Where a verb's words go. */
export type Output = {
  /** The whole answer, once: the value with --json, else the lines. */
  readonly answer: (value: Json, lines: readonly string[]) => void;
  /** A line on standard error. With --json, what is complained about is the answer where there is no other. */
  readonly error: (line: string) => void;
  /** A line of text by a verb that streams. */
  readonly print: (line: string) => void;
  /** Colours, where standard output is a terminal that has them and nobody said NO_COLOR. */
  readonly style: (style: Style, text: string) => string;
  readonly json: boolean;
};

/** Does what was asked for, and resolves to the exit status. */
export type Action = (output: Output) => Promise<number>;

export type Environment = Readonly<Record<string, string | undefined>>;

/** What the command line has; options by their long names, the last one given counts. */
export type ParsedArguments = {
  readonly values: ReadonlyMap<string, string>;
  /** As many as the verb asks for. */
  readonly operands: readonly string[];
};

/** What stands behind the word `bussa`. Texts are plain, with `backquotes` around what is typed as it stands. */
export type Verb = {
  readonly name: string;
  /** A phrase that begins small and has no full stop. */
  readonly summary: string;
  /** Paragraphs, for the help and the manual. */
  readonly description: readonly string[];
  readonly operands: readonly Operand[];
  /** Without --json and --help, which every verb has. */
  readonly options: OptionTable;
  /** Prints as it goes on, and has no --json but what `options` has. */
  readonly streams?: true;
  /** Whether it runs on macOS and Windows as well, with these arguments; absent: on Linux alone. */
  readonly isPortable?: (given: ParsedArguments) => boolean;
  /** Throws a `UsageError`. */
  readonly read: (given: ParsedArguments, environment: Environment) => Action;
};

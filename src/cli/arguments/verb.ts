import type { Operand, OptionTable } from './option.ts';

export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [name: string]: Json | undefined };

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** Output of a verb. */
export type Output = {
  /** The whole answer, called once: the value with --json, otherwise the lines. */
  readonly answer: (value: Json, lines: readonly string[]) => void;
  /** A line on standard error. With --json it is the answer, if there is no other. */
  readonly error: (line: string) => void;
  /** A line of text of a verb that streams. */
  readonly print: (line: string) => void;
  /** Colours, if standard output is a terminal that supports them and NO_COLOR is not set. */
  readonly style: (style: Style, text: string) => string;
  readonly json: boolean;
};

/** Does what was asked, and resolves to the exit status. */
export type Action = (output: Output) => Promise<number>;

export type Environment = Readonly<Record<string, string | undefined>>;

/** The parsed command line; options by their long names, the last one given counts. */
export type ParsedArguments = {
  readonly values: ReadonlyMap<string, string>;
  /** As many as the verb takes. */
  readonly operands: readonly string[];
};

/** A verb of `bussa`. Texts are plain, with `backquotes` around literal input. */
export type Verb = {
  readonly name: string;
  /** A phrase in lower case without a full stop. */
  readonly summary: string;
  /** Paragraphs, for the help and the manual. */
  readonly description: readonly string[];
  readonly operands: readonly Operand[];
  /** Without --json and --help, which every verb has. */
  readonly options: OptionTable;
  /** Prints continuously, and has --json only if `options` has it. */
  readonly streams?: true;
  /** Whether it also runs on macOS and Windows, with these arguments. Absent: only on Linux. */
  readonly isPortable?: (given: ParsedArguments) => boolean;
  /** Throws a `UsageError`. */
  readonly read: (given: ParsedArguments, environment: Environment) => Action;
};

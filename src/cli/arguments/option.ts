/** What a shell can offer for a word: a kind of thing on this machine, or one of these words. */
export type Completes = 'file' | 'directory' | 'interface' | 'host' | 'door' | 'profile' | readonly string[];

/** Texts are plain, with `backquotes` around literal input. */
type Described = {
  readonly short?: string;
  /** The name cannot be abbreviated. */
  readonly whole?: true;
  /** A phrase in lower case without a full stop: for the help, the manual and the completions. */
  readonly summary: string;
  /** Whole sentences, for the manual only. */
  readonly details?: string;
};

export type FlagOption = Described & { readonly type: 'boolean' };

export type ValueOption = Described & {
  readonly type: 'string';
  /** Placeholder of its value, in capitals. */
  readonly value: string;
  readonly completes?: Completes;
};

export type Option = FlagOption | ValueOption;

/** Options by their long names, in the order of the help. */
export type OptionTable = Readonly<Record<string, Option>>;

export type Operand = {
  /** In capitals. */
  readonly name: string;
  readonly summary: string;
  readonly completes?: Completes;
  readonly optional?: true;
  /** This operand and all that follow. */
  readonly many?: true;
};

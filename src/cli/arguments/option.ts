/** What a shell can offer in the place of a word: a sort of thing on this machine, or one of these words. */
export type Completes = 'file' | 'directory' | 'interface' | 'host' | 'door' | 'profile' | readonly string[];

/** Texts are plain, with `backquotes` around what is typed as it stands. */
type Described = {
  readonly short?: string;
  /** The name is not shortened. */
  readonly whole?: true;
  /** A phrase that begins small and has no full stop: for the help, the manual and the completions. */
  readonly summary: string;
  /** Whole sentences, for the manual alone. */
  readonly details?: string;
};

export type FlagOption = Described & { readonly type: 'boolean' };

export type ValueOption = Described & {
  readonly type: 'string';
  /** The word that stands for its value, in capitals. */
  readonly value: string;
  readonly completes?: Completes;
};

export type Option = FlagOption | ValueOption;

/** Options by their long names, in the order in which the help has them. */
export type OptionTable = Readonly<Record<string, Option>>;

export type Operand = {
  /** In capitals. */
  readonly name: string;
  readonly summary: string;
  readonly completes?: Completes;
  readonly optional?: true;
  /** This one and all that follow. */
  readonly many?: true;
};

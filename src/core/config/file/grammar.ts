import { nearestWord } from '../../text/nearest-word.ts';
import { quoteText } from '../../text/quote-text.ts';

/** The subject of a section, which decides its directives. */
export type SectionName = 'door' | 'user' | 'fleet';

export type Directive<Name extends string> = {
  readonly name: Name;
  /** The section it belongs in. */
  readonly section: SectionName | 'options' | 'any';
  readonly alias?: string;
  /** Which one counts if it is repeated in a section. `each`: it is meant to be repeated. */
  readonly repeated: 'first' | 'last' | 'both' | 'each';
  /** Unknown to knockd. */
  readonly isNew?: true;
  /** Free text may contain `#`; elsewhere that is a misplaced comment. */
  readonly value: 'word' | 'path' | 'command' | 'key';
  /** No message may quote the value, nor any line of such a file that may hold one. */
  readonly isSecret?: true;
};

/** The sections of a file, and the name of a heading for messages. */
export type GrammarForm = { readonly section: SectionName; readonly example: string };

/** The directives of one kind of file. */
export class Grammar<Name extends string> {
  readonly form: GrammarForm;
  readonly #directives: readonly Directive<Name>[];
  /** Secrets may stand anywhere in the file, by mistake. */
  readonly hasSecrets: boolean;
  readonly #bySpelling: ReadonlyMap<string, Directive<Name>>;

  constructor(directives: readonly Directive<Name>[], form: GrammarForm) {
    this.form = form;
    this.#directives = directives;
    this.hasSecrets = directives.some(({ isSecret }) => isSecret === true);
    this.#bySpelling = new Map(
      directives.flatMap((directive) =>
        spellingsOf(directive).map((word) => [word.toLowerCase(), directive] as const),
      ),
    );
  }

  /** Whether the file can have a section [options]. */
  get hasOptions(): boolean {
    return this.form.section === 'door';
  }

  /** How a message names text of the file: in quotes, or as `otherwise` if it may hold a secret. */
  quoted(text: string, otherwise: string): string {
    return this.hasSecrets ? otherwise : quoteText(text);
  }

  find(word: string): Directive<Name> | undefined {
    return this.#bySpelling.get(word.toLowerCase());
  }

  /** The known spelling most similar to an unknown word, if any is similar. */
  nearest(word: string): string | undefined {
    return nearestWord(word, this.#directives.flatMap(spellingsOf));
  }

  /** The directives of one kind of section, for a message. */
  list(section: SectionName | 'options'): string {
    const inHome = this.#directives.filter(
      (directive) => directive.section === section || directive.section === 'any',
    );
    return inHome.map(({ name }) => name).join(', ');
  }
}

function spellingsOf({ name, alias }: Directive<string>): readonly string[] {
  return alias === undefined ? [name] : [name, alias];
}

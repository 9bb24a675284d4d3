import { nearestWord } from '../../text/nearest-word.ts';

/** What a section is about: its directives belong there. */
export type SectionName = 'door' | 'user' | 'fleet';

export type Directive<Name extends string> = {
  readonly name: Name;
  /** The section it belongs in. */
  readonly home: SectionName | 'options' | 'any';
  readonly alias?: string;
  /** Of two in one section: which counts. `each`: they are written so. */
  readonly repeated: 'first' | 'last' | 'both' | 'each';
  /** Unknown to knockd. */
  readonly isNew?: true;
  /** Free text may hold a `#`; in all else it is a misplaced comment. */
  readonly value: 'word' | 'path' | 'command' | 'key';
};

/** What the sections of a file are about, and the heading of one for a message. */
export type GrammarForm = { readonly section: SectionName; readonly example: string };

/** The directives of one kind of file. */
export class Grammar<Name extends string> {
  readonly form: GrammarForm;
  readonly #directives: readonly Directive<Name>[];
  readonly #bySpelling: ReadonlyMap<string, Directive<Name>>;

  constructor(directives: readonly Directive<Name>[], form: GrammarForm) {
    this.form = form;
    this.#directives = directives;
    this.#bySpelling = new Map(
      directives.flatMap((directive) =>
        spellingsOf(directive).map((word) => [word.toLowerCase(), directive] as const),
      ),
    );
  }

  /** Whether the file has a section [options] beside the others. */
  get hasOptions(): boolean {
    return this.form.section === 'door';
  }

  find(word: string): Directive<Name> | undefined {
    return this.#bySpelling.get(word.toLowerCase());
  }

  /** The spelling that an unknown word comes nearest to, if any is near. */
  nearest(word: string): string | undefined {
    return nearestWord(word, this.#directives.flatMap(spellingsOf));
  }

  /** The directives of one kind of section, for a message. */
  list(home: SectionName | 'options'): string {
    const inHome = this.#directives.filter(
      (directive) => directive.home === home || directive.home === 'any',
    );
    return inHome.map(({ name }) => name).join(', ');
  }
}

function spellingsOf({ name, alias }: Directive<string>): readonly string[] {
  return alias === undefined ? [name] : [name, alias];
}

import type { Findings } from '../../text/findings.ts';
import { escapeText, quoteText } from '../../text/quote-text.ts';
import { sliceWord, trimWord, type Word } from '../../text/word.ts';
import { CONFIG_GRAMMAR, type DirectiveName } from './directives.ts';
import type { Directive, Grammar, SectionName } from './grammar.ts';
import { headings, parseHeading } from './parse-heading.ts';
import { readValue } from './read-value.ts';

/** A directive of a section. Without a value: there was no `=`, or the value is already a finding. */
export type Entry<Name extends string = DirectiveName> = {
  readonly directive: Directive<Name>;
  readonly key: Word;
  readonly value?: Word;
};

/** `orphan`: lines before the first heading, which are checked and reported as an error. */
export type Section<Name extends string = DirectiveName> = {
  readonly kind: SectionName | 'options' | 'orphan';
  readonly name: Word;
  readonly entries: readonly Entry<Name>[];
};

/** The sections of a `knockd.conf` in order. Mistakes in headings and in the form of lines are findings. */
export function readSections(lines: readonly string[], findings: Findings): readonly Section[] {
  return readSectionsBy(CONFIG_GRAMMAR, lines, findings);
}

/** The same for another file with this syntax. */
export function readSectionsBy<Name extends string>(
  grammar: Grammar<Name>,
  lines: readonly string[],
  findings: Findings,
): readonly Section<Name>[] {
  const reader = new SectionReader(grammar, findings);
  for (const [index, text] of lines.entries()) {
    const line = trimWord({ text, line: index + 1, offset: 0 });
    if (line.text === '' || line.text.startsWith('#')) continue;
    if (line.text.startsWith('[')) reader.readHeading(line);
    else reader.readDirective(line);
  }
  return reader.sections;
}

type OpenSection<Name extends string> = Section<Name> & {
  kind: Section['kind'];
  readonly entries: Entry<Name>[];
  readonly lineOf: Map<Directive<Name>, number>;
};

class SectionReader<Name extends string> {
  readonly sections: OpenSection<Name>[] = [];
  readonly #grammar: Grammar<Name>;
  readonly #findings: Findings;
  readonly #lineOf = new Map<string, number>();
  #current: OpenSection<Name> | undefined;
  #options: OpenSection<Name> | undefined;

  constructor(grammar: Grammar<Name>, findings: Findings) {
    this.#grammar = grammar;
    this.#findings = findings;
  }

  readHeading(line: Word): void {
    const name = parseHeading(line, this.#grammar, this.#findings);
    if (this.#grammar.hasOptions && name.text.toLowerCase() === 'options') {
      this.#enterOptions(name);
    } else {
      this.#refuseSecond(name);
      this.#current = this.#open(this.#grammar.form.section, name);
    }
  }

  readDirective(line: Word): void {
    this.#current ??= this.#openOrphan(line);
    const section = this.#current;
    const entry = parseEntry(line, section, this.#grammar, this.#findings);
    if (entry === undefined) return;
    // A door may be called so: whose section it is, its first directive says.
    if (entry.directive.section === 'fleet' && isFleetHeading(section)) section.kind = 'fleet';
    this.#judgeHome(entry, section);
    this.#judgeRepeat(entry, section);
    section.entries.push(entry);
  }

  /** Two sections [options] are merged: the second continues the first. */
  #enterOptions(name: Word): void {
    if (this.#options !== undefined) {
      const first = `the first is at line ${this.#options.name.line}`;
      this.#findings.warning(
        name,
        'second-options',
        `a second section [options], ${first}: both count; put them in one`,
      );
    }
    this.#options ??= this.#open('options', name);
    this.#current = this.#options;
  }

  #refuseSecond(name: Word): void {
    if (name.text === '') return;
    const first = this.#lineOf.get(name.text);
    if (first === undefined) {
      this.#lineOf.set(name.text, name.line);
    } else {
      const which = this.#grammar.hasSecrets ? 'of this name' : `[${escapeText(name.text)}]`;
      const shown = `a second section ${which}, the first is at line ${first}`;
      this.#findings.error(name, `${shown}: give every ${this.#grammar.form.section} a name of its own`);
    }
  }

  #openOrphan(line: Word): OpenSection<Name> {
    const remedy = `put a heading above it, ${headings(this.#grammar, ' or ')}`;
    this.#findings.error(
      line,
      `${this.#grammar.quoted(line.text, 'this line')} comes before any section: ${remedy}`,
    );
    return this.#open('orphan', sliceWord(line, 0, 0));
  }

  #open(kind: Section['kind'], name: Word): OpenSection<Name> {
    const section: OpenSection<Name> = { kind, name, entries: [], lineOf: new Map() };
    this.sections.push(section);
    return section;
  }

  #judgeHome({ directive, key }: Entry<Name>, { kind }: Section<Name>): void {
    if (kind === 'orphan' || directive.section === 'any' || directive.section === kind) return;
    const shown = quoteText(key.text);
    if (directive.section === 'options') {
      this.#findings.error(key, `${shown} concerns the whole daemon: move it to the section [options]`);
    } else if (directive.section === 'fleet') {
      this.#findings.error(key, `${shown} concerns the fleet: move it to a section [fleet] of its own`);
    } else {
      this.#findings.error(key, `${shown} concerns one door: move it to the section of that door`);
    }
  }

  #judgeRepeat({ directive, key }: Entry<Name>, section: OpenSection<Name>): void {
    const first = section.lineOf.get(directive);
    section.lineOf.set(directive, key.line);
    if (first === undefined || section.kind === 'orphan' || directive.repeated === 'each') return;
    const shown = `${directive.name} is repeated here, first at line ${first}`;
    const counts = { first: 'the first one counts', last: 'this one counts', both: 'both count' };
    const precedent = directive.isNew === true ? '' : ', as in knockd';
    this.#findings.warning(
      key,
      'repeated-directive',
      `${shown}: ${counts[directive.repeated]}${precedent}; leave one of them`,
    );
  }
}

const isFleetHeading = ({ kind, name, entries }: Section<string>): boolean =>
  kind === 'door' && name.text === 'fleet' && entries.length === 0;

function parseEntry<Name extends string>(
  line: Word,
  section: Section<Name>,
  grammar: Grammar<Name>,
  findings: Findings,
): Entry<Name> | undefined {
  const equals = line.text.indexOf('=');
  if (equals < 0) return parseBare(line, grammar, findings);
  const key = trimWord(sliceWord(line, 0, equals));
  const directive = recogniseDirective(key, section, grammar, findings);
  if (directive === undefined) return undefined;
  const written = trimWord(sliceWord(line, equals + 1));
  // A mistake about an empty value is reported at the directive.
  const value = readValue(directive, written.text === '' ? { ...key, text: '' } : written, findings);
  return value === undefined ? { directive, key } : { directive, key, value };
}

/** A line without "=": only valid for UseSyslog. Checked as if it had "=". */
function parseBare<Name extends string>(
  line: Word,
  grammar: Grammar<Name>,
  findings: Findings,
): Entry<Name> | undefined {
  const end = line.text.search(/[ \t]/);
  const key = sliceWord(line, 0, end < 0 ? undefined : end);
  const rest = trimWord(sliceWord(line, key.text.length));
  const directive = grammar.find(key.text);
  if (directive?.name === 'UseSyslog' && rest.text === '') return { directive, key };
  if (directive === undefined) {
    const comment = /^(;|\/\/)/.test(line.text) ? 'a comment begins with "#", ' : '';
    findings.error(
      line,
      `"=" is missing in ${grammar.quoted(line.text, 'this line')}: ${comment}a directive is name = value`,
    );
    return undefined;
  }
  const wanted = rest.text === '' || directive.isSecret === true ? 'value' : escapeText(rest.text);
  findings.error(
    key,
    `"=" is missing after ${quoteText(key.text)}: write ${escapeText(key.text)} = ${wanted}`,
  );
  const value = rest.text === '' ? undefined : readValue(directive, rest, findings);
  return value === undefined ? { directive, key } : { directive, key, value };
}

/** The intended directive, if it can be guessed, so that its value is checked in the same pass. */
function recogniseDirective<Name extends string>(
  key: Word,
  section: Section<Name>,
  grammar: Grammar<Name>,
  findings: Findings,
): Directive<Name> | undefined {
  const known = grammar.find(key.text);
  if (known !== undefined) return known;
  if (key.text === '') {
    findings.error(key, 'the name of a directive is missing before "="');
    return undefined;
  }
  const near = grammar.nearest(key.text);
  const { section: own } = grammar.form;
  const takes =
    section.kind === 'options' || section.kind === 'fleet'
      ? `[${section.kind}] takes ${grammar.list(section.kind)}`
      : `a ${own} takes ${grammar.list(own)}`;
  const remedy = near !== undefined ? `did you mean ${near}?` : takes;
  // The second half of a long line that was broken in two may look like one.
  const shown = near === undefined ? grammar.quoted(key.text, 'here') : quoteText(key.text);
  findings.error(key, `unknown directive ${shown}: ${remedy}`);
  return near === undefined ? undefined : grammar.find(near);
}

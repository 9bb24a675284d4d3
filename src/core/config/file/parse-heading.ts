import type { Findings } from '../../text/findings.ts';
import { sliceWord, trimWord, type Word } from '../../text/word.ts';
import type { Grammar } from './grammar.ts';
import { findControl } from './read-value.ts';

/** Possible headings. */
export function headings({ form, hasOptions }: Grammar<string>, or: string): string {
  return `${hasOptions ? `[options]${or}` : ''}the name of a ${form.section} such as ${form.example}`;
}

/** The name between the brackets, or a guess if the heading is malformed. */
export function parseHeading(line: Word, grammar: Grammar<string>, findings: Findings): Word {
  const closed = line.text.endsWith(']');
  const end = closed ? line.text.length - 1 : line.text.indexOf(']');
  const name = trimWord(sliceWord(line, 1, end < 0 ? undefined : end));
  if (!closed && end < 0) {
    findings.error(
      line,
      `the heading ${grammar.quoted(line.text, 'on this line')} has no "]": write it as [name]`,
    );
  } else if (!closed) {
    const rest = trimWord(sliceWord(line, end + 1));
    const remedy = rest.text.startsWith('#') ? 'write a comment on a separate line' : 'remove it';
    findings.error(rest, `${grammar.quoted(rest.text, 'text')} follows the heading on its line: ${remedy}`);
  }
  if (name.text === '' && (closed || end >= 0)) {
    findings.error(line, `the section has no name: write ${headings(grammar, ', or ')}`);
  }
  const control = findControl(name.text);
  if (control >= 0) {
    findings.error(sliceWord(name, control), `a control character in the name of a section: remove it`);
  }
  return name;
}

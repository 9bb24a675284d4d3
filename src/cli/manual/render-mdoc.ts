import type { Operand, Option, OptionTable } from '../arguments/option.ts';
import type { Verb } from '../arguments/verb.ts';
import { wrapText } from '../help/wrap-text.ts';

/** Columns of source text: mandoc(1) prefers 80, and escapes need space. */
const WIDTH = 66;

/** An `.Op` for each option; those without a value come first and share one. */
export function renderSynopsis(table: OptionTable, operands: readonly Operand[] = []): string {
  const entries = Object.entries(table);
  const letters = entries.flatMap(([, { type, short }]) =>
    type === 'boolean' && short !== undefined ? short : [],
  );
  const lines = letters.length === 0 ? [] : [`.Op Fl ${letters.sort(byLetter).join('')}`];
  for (const [name, option] of entries) {
    if (option.type === 'string') {
      lines.push(`.Op Fl ${option.short ?? `-${name}`} Ar ${option.value.toLowerCase()}`);
    } else if (option.short === undefined) {
      lines.push(`.Op Fl -${name}`);
    }
  }
  for (const { name, optional, many } of operands) {
    const word = `Ar ${name.toLowerCase()}${many === true ? ' ...' : ''}`;
    lines.push(optional === true ? `.Op ${word}` : `.${word}`);
  }
  return `${lines.join('\n')}\n`;
}

/** A list of the options with their full descriptions. */
export function renderOptionList(table: OptionTable): string {
  const items = Object.entries(table).map(
    ([name, option]) => `${optionTag(name, option)}\n${renderText(wholeText(option))}`,
  );
  return items.length === 0 ? '' : `.Bl -tag -width Ds\n${items.join('')}.El\n`;
}

/** A subsection for a verb; `common`: options that the page describes elsewhere. */
export function renderVerb({ name, description, operands, options }: Verb, common: OptionTable): string {
  const named = operands.map(
    ({ name: word, summary }) => `.It Ar ${word.toLowerCase()}\n${renderText(sentence(summary))}`,
  );
  const list = named.length === 0 ? '' : `.Bl -tag -width Ds\n${named.join('')}.El\n`;
  const own = Object.entries(options).filter(([word, option]) => common[word] !== option);
  const paragraphs = description.map(renderText).join('.Pp\n');
  return `.Ss bussa ${name}\n${paragraphs}${list}${renderOptionList(Object.fromEntries(own))}`;
}

/**
 * Converts plain text with `backquotes` to mdoc(7). Each sentence starts on a new line, so that roff sets the space
 * after it.
 */
export function renderText(text: string): string {
  const sentences = text.replaceAll(/([.:;?!]) (?=[A-Z`])/g, '$1\n').split('\n');
  return sentences.map((each) => `${renderSentence(each)}\n`).join('');
}

/** A literal in backquotes may continue on the next line. */
function renderSentence(text: string): string {
  return wrapText(text, WIDTH)
    .join('\n')
    .replaceAll('\\', '\\e')
    .replaceAll(/(?<=^|[\s`(])-+(?=[A-Za-z0-9])/g, (dashes) => '\\-'.repeat(dashes.length))
    .replaceAll(/`([^`]*)`/g, '\\fB$1\\fR')
    .replaceAll(/^(?=[.'])/gm, '\\&');
}

function optionTag(name: string, option: Option): string {
  const value = option.type === 'string' ? ` Ar ${option.value.toLowerCase()}` : '';
  const letter = option.short === undefined ? '' : `Fl ${option.short}${value} , `;
  return `.It ${letter}Fl -${name}${value}`;
}

const wholeText = ({ summary, details }: Option): string =>
  [sentence(summary), details].filter(Boolean).join(' ');

const sentence = (phrase: string): string => `${phrase.charAt(0).toUpperCase()}${phrase.slice(1)}.`;

/** Digits, then letters, lower case after upper case: the usual order of manual pages. */
const byLetter = (one: string, other: string): number => (one < other ? -1 : Number(one > other));

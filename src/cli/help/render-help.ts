import type { Operand, Option, OptionTable } from '../arguments/option.ts';
import { wrapText } from './wrap-text.ts';

/** Columns of the narrowest usual terminal. */
const WIDTH = 80;
/** Columns before the text of an option; a longer option has its text on the next line. */
const TEXT_AT = 26;

/** Each option with its text beside it. */
export function renderOptions(table: OptionTable): string {
  return Object.entries(table)
    .map(([name, option]) => renderEntry(`  ${tagOf(name, option)}`, option.summary))
    .join('');
}

/** Each operand with its text beside it. */
export function renderOperands(operands: readonly Operand[]): string {
  return operands.map(({ name, summary }) => renderEntry(`  ${name}`, summary)).join('');
}

/** A word, with a text beside it that continues below. */
export function renderEntry(tag: string, text: string): string {
  const lines = wrapText(text, WIDTH, ' '.repeat(TEXT_AT));
  const [first = '', ...more] = lines;
  const head = tag.length + 2 > TEXT_AT ? `${tag}\n${first}` : tag.padEnd(TEXT_AT) + first.slice(TEXT_AT);
  return `${[head, ...more].join('\n')}\n`;
}

export function renderParagraphs(paragraphs: readonly string[]): string {
  return paragraphs.map((text) => `${wrapText(text, WIDTH).join('\n')}\n`).join('\n');
}

/** As in a usage line: `DOOR [IP] [PORT...]`. */
export function renderOperandWords(operands: readonly Operand[]): string {
  return operands
    .map(({ name, optional, many }) => {
      const word = many === true ? `${name}...` : name;
      return optional === true ? `[${word}]` : word;
    })
    .join(' ');
}

function tagOf(name: string, option: Option): string {
  const letter = option.short === undefined ? '    ' : `-${option.short}, `;
  const value = option.type === 'string' ? ` ${option.value}` : '';
  return `${letter}--${name}${value}`;
}

import type { Findings } from '../../text/findings.ts';
import { nearestWord } from '../../text/nearest-word.ts';
import { quoteText } from '../../text/quote-text.ts';
import type { Word } from '../../text/word.ts';
import type { Settings } from './config.ts';
import type { WrittenLine } from './declared.ts';

/** The settings while the sections are parsed. */
export type SettingsDraft = { -readonly [K in keyof Settings]: Settings[K] };

export type GivenLine = WrittenLine & { readonly value: Word };

/** knockd treats an empty value as absent. */
export function isGiven(entry: WrittenLine, findings: Findings): entry is GivenLine {
  if (entry.value?.text === '') {
    findings.warning(
      entry.key,
      'empty-directive',
      `${entry.directive.name} is empty: it has no effect, remove it`,
    );
  }
  return entry.value !== undefined && entry.value.text !== '';
}

export function parseAbsolute(name: string, value: Word, findings: Findings): string | undefined {
  if (value.text.startsWith('/')) return value.text;
  findings.error(value, `${quoteText(value.text)} is not an absolute path: ${name} begins with /`);
  return undefined;
}

/** One of these words, in any case. */
export function parseChoice<T extends string>(
  entry: WrittenLine,
  choices: readonly T[],
  findings: Findings,
): T | undefined {
  if (!isGiven(entry, findings)) return undefined;
  const { text } = entry.value;
  const choice = choices.find((each) => each === text.toLowerCase());
  if (choice === undefined) {
    const near = nearestWord(text, choices);
    const guess = near === undefined ? '' : `did you mean ${near}? `;
    const listed = choices.join(', ');
    findings.error(
      entry.value,
      `${quoteText(text)} is not a value of ${entry.directive.name}: ${guess}it is one of ${listed}`,
    );
  }
  return choice;
}

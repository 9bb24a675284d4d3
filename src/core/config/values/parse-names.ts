import type { Findings } from '../../text/findings.ts';
import { quoteText } from '../../text/quote-text.ts';
import { splitWord, type Word } from '../../text/word.ts';

/** Safe in commands, log lines and file names. A leading `-` would look like an option. */
const USER_NAME = /^[A-Za-z0-9_.][A-Za-z0-9_.-]{0,31}$/;

export const USER_NAME_FORM = '1 to 32 letters, digits, and characters of _.-, no - in front';

export const isUserName = (text: string): boolean => USER_NAME.test(text);

/** `alice, bob`, or names of doors; every bad one is a finding. */
export function parseNames(list: Word, of: 'user' | 'door', findings: Findings): readonly string[] {
  const good: string[] = [];
  for (const word of splitWord(list, ',')) {
    if (word.text === '') findings.error(word, `a ${of} is missing: write names separated by commas`);
    else if (of === 'user' && !isUserName(word.text))
      findings.error(word, `${quoteText(word.text)} is not a user name: it has ${USER_NAME_FORM}`);
    else good.push(word.text);
  }
  return good;
}

import { type Millis, seconds } from '../../net/time.ts';
import type { Findings } from '../../text/findings.ts';
import { quoteText } from '../../text/quote-text.ts';
import type { Word } from '../../text/word.ts';

/** The largest int of knockd: about 68 years. */
export const MAX_TIMEOUT_SECONDS = 2_147_483_647;

export function parseSeconds(word: Word, findings: Findings): Millis | undefined {
  const { text } = word;
  if (/^\+?[0-9]+$/.test(text) && Number(text) <= MAX_TIMEOUT_SECONDS) return seconds(Number(text));
  const remedy = `a timeout is whole seconds from 0 to ${MAX_TIMEOUT_SECONDS}, as in 10`;
  findings.error(
    word,
    `${text === '' ? 'a number is missing' : `${quoteText(text)} is not a timeout`}: ${remedy}`,
  );
  return undefined;
}

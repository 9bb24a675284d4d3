import { type CodePorts, isCodePrefix, MAX_PREFIX } from '../../door/code-ports.ts';
import type { Findings } from '../../text/findings.ts';
import { quoteText } from '../../text/quote-text.ts';
import { splitWord, type Word } from '../../text/word.ts';

const FORM = `write two different numbers from 1 to ${MAX_PREFIX}, such as 17, 23`;

/** The prefixes of a code's two halves. */
export function parseCodePorts(list: Word, findings: Findings): CodePorts | undefined {
  const words = splitWord(list, ',', 3);
  const bad = words.find(({ text }) => !isCodePrefix(text));
  if (bad !== undefined) {
    findings.error(bad, `${bad.text === '' ? 'a number is missing' : quoteText(bad.text)}: ${FORM}`);
    return undefined;
  }
  const [first, second] = words.map(({ text }) => Number(text));
  if (words.length === 2 && first !== undefined && second !== undefined && first !== second)
    return [first, second];
  findings.error(list, words.length === 2 ? `both numbers are ${first}: ${FORM}` : FORM);
  return undefined;
}

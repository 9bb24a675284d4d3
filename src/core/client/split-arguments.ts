import type { Findings } from '../text/findings.ts';
import { sliceWord, type Word } from '../text/word.ts';

/**
 * Splits a line into words: separated by white space, with double quotes around white space or `#`; a `#` at the start
 * of a word begins a comment. One `=` may replace the white space after the first word, as in ssh_config(5).
 */
export function splitArguments(line: Word, findings: Findings): Word[] | undefined {
  const words: Word[] = [];
  const { text } = line;
  let at = skip(text, 0, /[ \t\r\v\f]/);
  while (at < text.length && text.charAt(at) !== '#') {
    const end =
      text.charAt(at) === '"' ? quotedEnd(line, at, findings) : wordEnd(text, at, words.length === 0);
    if (end === undefined) return undefined;
    words.push(text.charAt(at) === '"' ? sliceWord(line, at + 1, end - 1) : sliceWord(line, at, end));
    at = skip(text, end, /[ \t\r\v\f]/);
    if (words.length === 1 && text.charAt(at) === '=') at = skip(text, at + 1, /[ \t\r\v\f]/);
  }
  return words;
}

function quotedEnd(line: Word, start: number, findings: Findings): number | undefined {
  const close = line.text.indexOf('"', start + 1);
  if (close < 0) {
    findings.error(sliceWord(line, start), 'the quote is not closed: put a " at the end of the word');
    return undefined;
  }
  if (/^[^ \t\r\v\f]/.test(line.text.slice(close + 1))) {
    findings.error(sliceWord(line, close + 1), 'white space is missing behind the closing quote');
    return undefined;
  }
  return close + 1;
}

function wordEnd(text: string, start: number, isKeyword: boolean): number {
  const stop = isKeyword ? /[ \t\r\v\f=]/ : /[ \t\r\v\f]/;
  let end = start;
  while (end < text.length && !stop.test(text.charAt(end))) end++;
  return end;
}

function skip(text: string, start: number, white: RegExp): number {
  let at = start;
  while (at < text.length && white.test(text.charAt(at))) at++;
  return at;
}

import type { Findings } from '../../text/findings.ts';
import { quoteText } from '../../text/quote-text.ts';
import { sliceWord, trimWord, type Word } from '../../text/word.ts';
import type { Directive } from './grammar.ts';

/** The value of a directive, or `undefined` if nothing is left to check. */
export function readValue(directive: Directive<string>, value: Word, findings: Findings): Word | undefined {
  const control = findControl(value.text);
  if (control >= 0) {
    const at = sliceWord(value, control, control + 1);
    const remedy = `remove it, a value of ${directive.name} is plain text`;
    findings.error(at, `control character ${quoteText(at.text)} in the value: ${remedy}`);
    return undefined;
  }
  const hash = directive.value === 'command' || directive.value === 'key' ? -1 : value.text.indexOf('#');
  return hash < 0 ? value : judgeComment(directive, value, hash, findings);
}

/** Position of the first control character except a tab; -1: none. */
export function findControl(text: string): number {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if ((code < 0x20 && code !== 0x09) || (code >= 0x7f && code < 0xa0)) return i;
  }
  return -1;
}

function judgeComment(
  directive: Directive<string>,
  value: Word,
  hash: number,
  findings: Findings,
): Word | undefined {
  const comment = sliceWord(value, hash);
  const what = directive.isSecret === true ? 'what follows "#"' : quoteText(comment.text);
  const shown = `${what} is part of the value: write a comment on a separate line`;
  if (directive.value === 'path') {
    // A file name may contain #, but after white space it is more likely a comment.
    if (/[ \t]/.test(value.text.charAt(hash - 1))) findings.warning(comment, 'comment-in-value', shown);
    return value;
  }
  findings.error(comment, shown);
  const before = trimWord(sliceWord(value, 0, hash));
  return before.text === '' ? undefined : before;
}

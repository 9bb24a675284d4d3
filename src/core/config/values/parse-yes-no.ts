import type { Findings } from '../../text/findings.ts';
import { quoteText } from '../../text/quote-text.ts';
import type { Word } from '../../text/word.ts';

/** `remedy`: what to write; anything but `yes` means no. */
export function parseYesNo(value: Word, remedy: string, findings: Findings): boolean {
  const lower = value.text.toLowerCase();
  if (lower === 'yes') return true;
  if (lower !== 'no') {
    const shown = value.text === '' ? 'a value is missing' : `${quoteText(value.text)} is neither yes nor no`;
    findings.error(value, `${shown}: ${remedy}`);
  }
  return false;
}

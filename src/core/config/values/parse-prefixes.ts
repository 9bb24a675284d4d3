import { parseAddress } from '../../net/address.ts';
import { type Prefix, parsePrefix, prefixAround, renderPrefix, unmappedPrefix } from '../../net/prefix.ts';
import type { Findings } from '../../text/findings.ts';
import { quoteText } from '../../text/quote-text.ts';
import { splitWord, type Word } from '../../text/word.ts';

const FORM =
  'write networks or addresses such as 192.0.2.0/24, 2001:db8::/32 or 192.0.2.1, separated by commas';

/** `192.0.2.0/24, 2001:db8::1`; every bad one is a finding. */
export function parsePrefixes(list: Word, findings: Findings): readonly Prefix[] {
  const prefixes = splitWord(list, ',').map((word) => {
    const prefix = parsePrefix(word.text);
    if (prefix === undefined) findings.error(word, mistakeOf(word.text));
    return prefix === undefined ? undefined : unmappedPrefix(prefix);
  });
  return prefixes.filter((prefix) => prefix !== undefined);
}

function mistakeOf(text: string): string {
  if (text === '') return `a network is missing: ${FORM}`;
  const [base = '', digits = ''] = text.split('/');
  const address = parseAddress(base);
  const around =
    address !== undefined && /^[0-9]{1,3}$/.test(digits) ? prefixAround(address, Number(digits)) : undefined;
  const rendered = around === undefined ? '' : renderPrefix(around);
  if (text.split('/').length === 2 && parsePrefix(rendered) !== undefined && rendered.includes('/')) {
    return `${quoteText(text)} has bits set behind its length: write ${rendered}, or the address alone`;
  }
  return `${quoteText(text)} is not a network: ${FORM}`;
}

import type { Findings } from '../../text/findings.ts';
import { quoteText } from '../../text/quote-text.ts';
import type { Word } from '../../text/word.ts';

/** A single IPv6 address. */
const ADDRESS_BITS = 128;

/** Usually the most that a site gets (RFC 6177): a shorter prefix would let in other sites. */
const SHORTEST = 48;

/** `undefined`: one address, the default. */
export function parseLeasePrefix6(value: Word, findings: Findings): number | undefined {
  const length = /^[0-9]{1,3}$/.test(value.text) ? Number(value.text) : 0;
  if (length < SHORTEST || length > ADDRESS_BITS) {
    const wrong =
      value.text === ''
        ? 'a length is missing'
        : `${quoteText(value.text)} is not a valid prefix length here`;
    const remedy = `write a whole number from ${SHORTEST} to ${ADDRESS_BITS}`;
    findings.error(value, `${wrong}: ${remedy}, such as 64 for the network of the knocker`);
    return undefined;
  }
  if (length > 64 && length < ADDRESS_BITS) {
    const what = `a host chooses its IPv6 addresses from the whole of a /64, so they seldom share ${length} bits`;
    findings.warning(value, 'narrow-prefix', `${what}: write 64, or 128 for one address`);
  } else if (length < 64) {
    const what = `a door opens for every network in the knocker’s /${length}`;
    findings.warning(
      value,
      'wide-prefix',
      `${what}: write 64 for the knocker’s own network, unless one site has all of it`,
    );
  }
  return length === ADDRESS_BITS ? undefined : length;
}

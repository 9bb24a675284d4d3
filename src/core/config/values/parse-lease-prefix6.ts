import type { Findings } from '../../text/findings.ts';
import { quoteText } from '../../text/quote-text.ts';
import type { Word } from '../../text/word.ts';

/** One IPv6 address alone. */
const ADDRESS_BITS = 128;

/** What a site gets at most, as a rule (RFC 6177): anything shorter would let in other sites. */
const SHORTEST = 48;

/** `undefined` stands for one address, which is what a door leases without the directive. */
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

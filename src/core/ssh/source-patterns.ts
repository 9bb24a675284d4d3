import { type Address, parseAddress, unmapped } from '../net/address.ts';
import { type Prefix, parsePrefix, prefixHas } from '../net/prefix.ts';
import { escapeCodes } from '../text/quote-text.ts';

type Pattern = { readonly isDenied: boolean; readonly matches: (source: Address) => boolean };

/** `notes`: patterns that match nobody here, or let nobody in, and why. */
export type SourcePatterns = {
  readonly admits: (source: Address) => boolean;
  readonly notes: readonly string[];
};

/**
 * The list of `from="…"` (ssh_config(5), PATTERNS): addresses, prefixes, and addresses with `*` and `?`. A source
 * matching a pattern with `!` is refused, whatever else matches. Names are not resolved: whoever controls the DNS would
 * decide. A negated pattern that cannot be evaluated, a wrong prefix or an empty pattern refuses everybody, as in sshd.
 */
export function compileSourcePatterns(list: string): SourcePatterns {
  const patterns: Pattern[] = [];
  const notes: string[] = [];
  let isShut = false;
  for (const text of list.split(',').map((one) => one.trim())) {
    const isDenied = text.startsWith('!');
    const bare = isDenied ? text.slice(1) : text;
    const matches = compilePattern(bare);
    if (matches !== undefined) {
      patterns.push({ isDenied, matches });
      continue;
    }
    const shuts = isDenied || bare === '' || bare.includes('/');
    isShut ||= shuts;
    notes.push(`${whyUnusable(bare)}, so ${shuts ? 'nobody can use the key' : 'it matches nobody'}`);
  }
  const admits = (source: Address): boolean => {
    const met = patterns.filter(({ matches }) => matches(source));
    return met.length > 0 && met.every(({ isDenied }) => !isDenied);
  };
  return { admits: isShut ? () => false : admits, notes };
}

function whyUnusable(text: string): string {
  const shown = escapeCodes(text);
  if (text === '') return 'from: an address is missing';
  if (text.includes('/')) return `from: ${shown} is not a network (bits after the length must be 0)`;
  const mapped = parseAddress(text);
  if (mapped !== undefined) return `from: ${shown} is IPv4 written as IPv6 (write ${unmapped(mapped)})`;
  return `from: names are not resolved, and ${shown} is not an address`;
}

function compilePattern(text: string): ((source: Address) => boolean) | undefined {
  const prefix: Prefix | undefined = parsePrefix(text);
  // No packet has such a source: it arrives as IPv4.
  if (prefix !== undefined && unmapped(prefix.base) !== prefix.base) return undefined;
  if (prefix !== undefined) return (source) => prefixHas(prefix, source);
  // Letters other than hexadecimal digits make it a name.
  if (!/^[0-9a-f:.*?]+$/i.test(text) || !/[*?]/.test(text)) return undefined;
  const pattern = text.toLowerCase();
  return (source) => matchesPattern(pattern, source);
}

/** No regular expression: one with many stars could take seconds, and the key's owner may have written the options. */
function matchesPattern(pattern: string, text: string): boolean {
  let [at, place] = [0, 0];
  let star = -1;
  let resumed = 0;
  while (place < text.length) {
    const sign = pattern[at];
    if (sign === '*') {
      star = at++;
      resumed = place;
    } else if (sign === '?' || sign === text[place]) {
      at++;
      place++;
    } else if (star >= 0) {
      at = star + 1;
      place = ++resumed;
    } else return false;
  }
  while (pattern[at] === '*') at++;
  return at === pattern.length;
}

import { type Address, parseAddress } from '../net/address.ts';
import { type Prefix, parsePrefix, prefixHas } from '../net/prefix.ts';

type Pattern = { readonly isDenied: boolean; readonly matches: (source: Address) => boolean };

/** `unusable`: patterns that match nobody here, such as names of hosts. */
export type SourcePatterns = {
  readonly admits: (source: Address) => boolean;
  readonly unusable: readonly string[];
};

/**
 * The list of `from="…"` (ssh_config(5), PATTERNS): addresses, prefixes, and addresses with `*` and `?`; with `!` in
 * front a source is refused, whatever else matches. Names are not looked up: who answers for them is not who knocks.
 */
export function compileSourcePatterns(list: string): SourcePatterns {
  const patterns: Pattern[] = [];
  const unusable: string[] = [];
  for (const text of list.split(',').map((one) => one.trim())) {
    const isDenied = text.startsWith('!');
    const matches = compilePattern(isDenied ? text.slice(1) : text);
    if (matches === undefined) unusable.push(text);
    else patterns.push({ isDenied, matches });
  }
  return {
    admits: (source) => {
      const met = patterns.filter(({ matches }) => matches(source));
      return met.length > 0 && met.every(({ isDenied }) => !isDenied);
    },
    unusable,
  };
}

function compilePattern(text: string): ((source: Address) => boolean) | undefined {
  const prefix: Prefix | undefined = parsePrefix(text);
  if (prefix !== undefined) return (source) => prefixHas(prefix, source);
  const address = parseAddress(text);
  if (address !== undefined) return (source) => source === address;
  // Letters beyond those of hexadecimal digits make it a name.
  if (!/^[0-9a-f:.*?]+$/i.test(text) || !/[*?]/.test(text)) return undefined;
  const pattern = text.toLowerCase();
  return (source) => matchesPattern(pattern, source);
}

/** A regular expression of many stars takes seconds, and whoever owns a key may have written its options. */
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

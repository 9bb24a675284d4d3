/** A word after `Host`: a name in which `*` matches any characters and `?` one; a leading `!` excludes. */
export type HostPattern = { readonly glob: string; readonly negated: boolean };

export function parseHostPattern(text: string): HostPattern {
  const negated = text.startsWith('!');
  return { glob: (negated ? text.slice(1) : text).toLowerCase(), negated };
}

export const isPlainName = ({ glob, negated }: HostPattern): boolean => !negated && !/[*?]/.test(glob);

/** As in ssh_config(5): at least one pattern matches, and no negated one does. Case is ignored. */
export function matchesHost(patterns: readonly HostPattern[], name: string): boolean {
  const lower = name.toLowerCase();
  const matching = patterns.filter(({ glob }) => matchesGlob(glob, lower));
  return matching.length > 0 && matching.every(({ negated }) => !negated);
}

/** Number of steps: at most the product of the lengths, since only the last `*` is retried. */
function matchesGlob(glob: string, text: string): boolean {
  let at = 0;
  let star = -1;
  let taken = 0;
  for (let i = 0; i < text.length; ) {
    const wanted = glob.charAt(at);
    if (wanted === '*') {
      star = at++;
      taken = i;
    } else if (wanted === '?' || (wanted !== '' && wanted === text.charAt(i))) {
      at++;
      i++;
    } else if (star >= 0) {
      at = star + 1;
      i = ++taken;
    } else {
      return false;
    }
  }
  return /^\**$/.test(glob.slice(at));
}

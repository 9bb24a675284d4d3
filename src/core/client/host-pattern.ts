/** One word behind `Host`: a name in which `*` stands for any characters and `?` for one; `!` before it excludes. */
export type HostPattern = { readonly glob: string; readonly negated: boolean };

export function parseHostPattern(text: string): HostPattern {
  const negated = text.startsWith('!');
  return { glob: (negated ? text.slice(1) : text).toLowerCase(), negated };
}

export const isPlainName = ({ glob, negated }: HostPattern): boolean => !negated && !/[*?]/.test(glob);

/** As in ssh_config(5): one of them matches, and none that is negated does. Letter case does not count. */
export function matchesHost(patterns: readonly HostPattern[], name: string): boolean {
  const lower = name.toLowerCase();
  const matching = patterns.filter(({ glob }) => matchesGlob(glob, lower));
  return matching.length > 0 && matching.every(({ negated }) => !negated);
}

/** Steps: at most the product of the lengths. Only the last `*` is ever retried. */
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

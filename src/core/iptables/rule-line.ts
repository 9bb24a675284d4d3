/** A match or an option of a rule as listed by `iptables -S`, with its words: `! -i eth0`, `--ctstate NEW`. */
export type RuleOption = { readonly not: boolean; readonly name: string; readonly words: readonly string[] };

export type RuleLine = {
  readonly chain: string;
  readonly options: readonly RuleOption[];
  /** '' for a rule that only counts. */
  readonly target: string;
  readonly isGoto: boolean;
};

/** `undefined` for a line that is not a rule. */
export function readRuleLine(line: string): RuleLine | undefined {
  const words = wordsOf(line);
  const [append, chain = ''] = words;
  if (append !== '-A' || chain === '') return undefined;
  const jump = words.findIndex((word, at) => at > 1 && (word === '-j' || word === '-g'));
  const matches = jump < 0 ? words.slice(2) : words.slice(2, jump);
  return {
    chain,
    options: optionsOf(matches),
    target: jump < 0 ? '' : (words[jump + 1] ?? ''),
    isGoto: words[jump] === '-g',
  };
}

/** A comment is one word, in quotation marks if it has blanks. */
function wordsOf(line: string): string[] {
  const found = line.match(/"(?:[^"\\]|\\.)*"|\S+/g) ?? [];
  return found.map((word) => (word.startsWith('"') ? word.slice(1, -1) : word));
}

/** An option has the words up to the next one; `!` precedes its option. A comment may contain anything. */
function optionsOf(words: readonly string[]): RuleOption[] {
  const options: { not: boolean; name: string; words: string[] }[] = [];
  let not = false;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (word === '--comment') at++;
    else if (word === '!') not = true;
    else if (word.startsWith('-')) {
      options.push({ not, name: word, words: [] });
      not = false;
    } else options.at(-1)?.words.push(word);
  }
  return options;
}

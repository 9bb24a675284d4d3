/** What the first command of a text for `/bin/sh -c` is, as far as that can be told without running it. */
export type FirstWord =
  | { readonly kind: 'program'; readonly name: string; readonly offset: number }
  /** Built into the shell, or a word of its grammar. */
  | { readonly kind: 'shell' }
  | { readonly kind: 'unknown' };

/** POSIX.1-2017, XCU 2.4 and 2.14, and what dash and bash have built in beside it. */
const SHELL_WORDS = new Set(
  (
    'if then else elif fi do done case esac while until for { } ! ( : . [ alias bg break builtin cd command continue ' +
    'echo eval exec exit export false fg function getopts hash jobs kill local printf pwd read readonly return select ' +
    'set shift source test time times trap true type ulimit umask unalias unset wait [['
  ).split(' '),
);

const ASSIGNMENT = /^[A-Za-z_][A-Za-z0-9_]*=/;

/** Characters by which a word means something else than it says. */
const SPECIAL = /["'`$\\*?[\]{}()~<>#]/;

/** The word that stands where a shell looks for the name of a program. */
export function firstWord(text: string): FirstWord {
  for (const { 0: word, index } of text.matchAll(/[^ \t;&|]+|[;&|]/g)) {
    if (SHELL_WORDS.has(word)) return { kind: 'shell' };
    // What is assigned before the program may be any text, blanks in quotes among it.
    if (SPECIAL.test(word) || /^[;&|]$/.test(word)) return { kind: 'unknown' };
    if (ASSIGNMENT.test(word)) continue;
    return { kind: 'program', name: word, offset: index };
  }
  return { kind: 'unknown' };
}

/** The first command of a text for `/bin/sh -c`, as far as that can be told without running it. */
export type FirstWord =
  | { readonly kind: 'program'; readonly name: string; readonly offset: number }
  /** A shell built-in, or a reserved word. */
  | { readonly kind: 'shell' }
  | { readonly kind: 'unknown' };

/** POSIX.1-2017, XCU 2.4 and 2.14, and the further built-ins of dash and bash. */
const SHELL_WORDS = new Set(
  (
    'if then else elif fi do done case esac while until for { } ! ( : . [ alias bg break builtin cd command continue ' +
    'echo eval exec exit export false fg function getopts hash jobs kill local printf pwd read readonly return select ' +
    'set shift source test time times trap true type ulimit umask unalias unset wait [['
  ).split(' '),
);

const ASSIGNMENT = /^[A-Za-z_][A-Za-z0-9_]*=/;

/** Characters that change a word's meaning. */
const SPECIAL = /["'`$\\*?[\]{}()~<>#]/;

/** The word at the place of a program's name. */
export function firstWord(text: string): FirstWord {
  for (const { 0: word, index } of text.matchAll(/[^ \t;&|]+|[;&|]/g)) {
    if (SHELL_WORDS.has(word)) return { kind: 'shell' };
    // An assignment before the program may contain any text, including quoted blanks.
    if (SPECIAL.test(word) || /^[;&|]$/.test(word)) return { kind: 'unknown' };
    if (ASSIGNMENT.test(word)) continue;
    return { kind: 'program', name: word, offset: index };
  }
  return { kind: 'unknown' };
}

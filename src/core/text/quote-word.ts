/** A word as a POSIX shell takes it for one, in quotes where it needs them. */
export function quoteWord(word: string): string {
  return /^[A-Za-z0-9_./,@%:+-]+$/.test(word) ? word : quoteShell(word);
}

/** The same in quotes, whether or not it needs them. */
export const quoteShell = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

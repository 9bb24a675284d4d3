/** A word for a POSIX shell, quoted if needed. */
export function quoteWord(word: string): string {
  return /^[A-Za-z0-9_./,@%:+-]+$/.test(word) ? word : quoteShell(word);
}

/** The same, always quoted. */
export const quoteShell = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

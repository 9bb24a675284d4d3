import { statSync } from 'node:fs';
import { quoteWord } from '../../core/text/quote-word.ts';

const OTHERS = 0o077;

/** What to do about a file with keys that others may read: none or one sentence. */
export function warnOfReaders(file: string): readonly string[] {
  const mode = statSync(file).mode & 0o777;
  if ((mode & OTHERS) === 0) return [];
  return [`others may read the keys in ${file} (mode ${mode.toString(8)}): chmod 600 ${quoteWord(file)}`];
}

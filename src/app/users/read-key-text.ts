import { readWhole } from '../../host/files/read-whole.ts';
import { type Unusable, unusable } from './authority-texts.ts';

export type KeyText = { readonly kind: 'text'; readonly text: string } | Unusable;

/** A file with public keys, `-` for standard input, or a public key itself. */
export function readKeyText(key: string): KeyText {
  if (/\s/.test(key.trim()) && / AAAA/.test(key)) return { kind: 'text', text: key };
  try {
    const bytes = readWhole(key === '-' ? '/dev/stdin' : key);
    return { kind: 'text', text: new TextDecoder().decode(bytes) };
  } catch (error) {
    return unusable(error as NodeJS.ErrnoException);
  }
}

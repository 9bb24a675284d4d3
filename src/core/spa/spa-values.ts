import { parseBase64, parsePaddedBase64 } from '../bytes/base64.ts';
import { HASH_NAMES, type HashName } from '../cipher/ciphers.ts';
import type { Findings } from '../text/findings.ts';
import { quoteText } from '../text/quote-text.ts';
import type { Word } from '../text/word.ts';
import { SPA_MODES, type SpaMode } from './spa-credential.ts';

/** libfko's limit in bytes (RIJNDAEL_MAX_KEYSIZE, MAX_KEY_LEN). */
export const MAX_SPA_KEY_BYTES = 32;
export const MAX_HMAC_KEY_BYTES = 128;

// Parsers for values of fwknop's own files. No message shows a key.

export function parseHashName({ text, ...at }: Word, findings: Findings): HashName | undefined {
  const name = HASH_NAMES.find((one) => one === text.toLowerCase());
  if (name === undefined)
    findings.error(
      { text, ...at },
      `unknown digest ${quoteText(text)}: it is one of ${HASH_NAMES.join(', ').toUpperCase()}`,
    );
  return name;
}

/** fwknop's sixth mode, `asymmetric`, is that of GPG. */
export function parseSpaMode(word: Word, findings: Findings): SpaMode | undefined {
  const mode = SPA_MODES.find((one) => one === word.text.toLowerCase());
  if (mode === undefined)
    findings.error(
      word,
      `unknown encryption mode ${quoteText(word.text)}: it is one of ${SPA_MODES.join(', ').toUpperCase()}`,
    );
  return mode;
}

export function parseBase64Key(word: Word, most: number, findings: Findings): Uint8Array | undefined {
  const key = parsePaddedBase64(word.text) ?? parseLoose(word.text);
  if (key !== undefined) return withinBounds(key, word, most, findings);
  findings.error(word, 'this key is not base64: copy it whole, as fwknop --key-gen printed it');
  return undefined;
}

/**
 * As fko_base64_decode reads a hand-made key: padding does not matter, and bits of the last character that belong to no
 * byte are ignored.
 */
function parseLoose(text: string): Uint8Array | undefined {
  const digits = text.replace(/=+$/, '');
  // A single digit of a group holds no whole byte.
  const length = digits.length % 4 === 1 ? digits.length - 1 : digits.length;
  const values = [...digits.slice(Math.max(0, length - 1))].map((digit) => BASE64.indexOf(digit));
  const [last = -1] = values;
  if (values.includes(-1) || last < 0) return undefined;
  const spare = { 2: 16, 3: 4 }[length % 4] ?? 1;
  return parseBase64(digits.slice(0, length - 1) + BASE64.charAt(last - (last % spare)));
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** A literal passphrase. */
export function parseTextKey(word: Word, most: number, findings: Findings): Uint8Array | undefined {
  return withinBounds(new TextEncoder().encode(word.text), word, most, findings);
}

function withinBounds(key: Uint8Array, word: Word, most: number, findings: Findings): Uint8Array | undefined {
  if (key.length > 0 && key.length <= most) return key;
  findings.error(word, `this key has ${key.length} bytes: fwknop takes 1 to ${most} here`);
  return undefined;
}

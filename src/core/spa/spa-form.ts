/** The limits of an fwknop packet (MIN_SPA_ENCODED_MSG_SIZE, MAX_SPA_ENCODED_MSG_SIZE). */
export const MIN_SPA_CHARS = 36;
export const MAX_SPA_CHARS = 1500;

/** Blocks of 16 bytes in base64, of which the first is "Salted__" and the salt: three blocks take 64 characters. */
const PERIOD = 64;
const BLOCK_REMAINDERS = [0, 22, 43] as const;

/** The beginning of "Salted__" in base64, which is not sent. */
export const SALTED = 'U2FsdGVkX1';

/** The next character holds the last four bits of "Salted__", and two bits of the salt. */
export const FIRST_CHARS = '89+/';

/** In an HTTP path two other characters replace + and /. */
const URL_CHARS = '-_';
const PLAIN_CHARS = '+/';

const [DASH, UNDERSCORE, PLUS, SLASH] = [0x2d, 0x5f, 0x2b, 0x2f] as const;

/** In the alphabet of which text a character stands: both have letters and digits. */
const [NONE, PLAIN, URL] = [0, 1, 2] as const;

const KINDS = new Uint8Array(256).fill(NONE);
for (const char of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789')
  KINDS[char.charCodeAt(0)] = PLAIN | URL;
for (const char of PLAIN_CHARS) KINDS[char.charCodeAt(0)] = PLAIN;
for (const char of URL_CHARS) KINDS[char.charCodeAt(0)] = URL;

/** Remainders modulo 64 of the possible packet lengths, for HMACs of these lengths. */
export function spaRemainders(hmacChars: readonly number[]): readonly number[] {
  const all = hmacChars.flatMap((chars) =>
    BLOCK_REMAINDERS.map((block) => (block + chars - SALTED.length + PERIOD) % PERIOD),
  );
  return [...new Set(all)].sort((a, b) => a - b);
}

/** The possible lengths of packets. */
export class SpaLengths {
  readonly #isGood = new Uint8Array(PERIOD);

  constructor(hmacChars: readonly number[]) {
    for (const remainder of spaRemainders(hmacChars)) this.#isGood[remainder] = 1;
  }

  has(length: number): boolean {
    return length >= MIN_SPA_CHARS && length <= MAX_SPA_CHARS && this.#isGood[length & (PERIOD - 1)] === 1;
  }
}

/** Whether `bytes[start..end)` are base64 characters, the first of them one that can follow "Salted__". */
export function isSpaText(bytes: Uint8Array, start: number, end: number, isUrl: boolean): boolean {
  const mask = isUrl ? URL : PLAIN;
  if (!isFirst(bytes[start] as number, isUrl)) return false;
  let isOdd = 0;
  for (let i = start; i < end; i++) isOdd |= ~(KINDS[bytes[i] as number] as number) & mask;
  return isOdd === 0;
}

function isFirst(byte: number, isUrl: boolean): boolean {
  const chars = isUrl ? '89-_' : FIRST_CHARS;
  for (let i = 0; i < chars.length; i++) if (chars.charCodeAt(i) === byte) return true;
  return false;
}

/** Restores the two characters that HTTP replaces. They do not occur otherwise. */
export function plainText(bytes: Uint8Array): Uint8Array {
  if (!bytes.includes(DASH) && !bytes.includes(UNDERSCORE)) return bytes;
  return bytes.map((byte) => (byte === DASH ? PLUS : byte === UNDERSCORE ? SLASH : byte));
}

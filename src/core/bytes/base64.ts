const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

const VALUES = new Int8Array(256).fill(-1);
for (let i = 0; i < ALPHABET.length; i++) VALUES[ALPHABET.charCodeAt(i)] = i;

/** Base64 (RFC 4648, section 4) without padding. */
export function renderBase64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const left = Math.min(3, bytes.length - at);
    const word = ((bytes[at] as number) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    for (let i = 0; i <= left; i++) text += ALPHABET[(word >> (18 - i * 6)) & 63];
  }
  return text;
}

/** The same with padding. */
export function renderPaddedBase64(bytes: Uint8Array): string {
  const text = renderBase64(bytes);
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=');
}

/** The number of bytes that so many characters encode, without padding. */
export const base64Bytes = (chars: number): number => Math.floor((chars * 3) / 4);

/** `undefined` for text with other characters, of an impossible length, or with bits set after its last byte. */
export function parseBase64(text: string): Uint8Array | undefined {
  // Characters beyond Latin-1 become 255, which is not base64 either.
  const chars = Uint8Array.from(text, (char) => Math.min(char.charCodeAt(0), 255));
  const bytes = new Uint8Array(base64Bytes(chars.length));
  return decodeBase64(chars, 0, chars.length, bytes) ? bytes : undefined;
}

/** Decodes `chars[start..end)` into an existing array. Returns false for text that `parseBase64` refuses. */
export function decodeBase64(chars: Uint8Array, start: number, end: number, into: Uint8Array): boolean {
  if ((end - start) % 4 === 1) return false;
  let word = 0;
  let bits = 0;
  let at = 0;
  for (let i = start; i < end; i++) {
    const value = VALUES[chars[i] as number] as number;
    if (value < 0) return false;
    word = ((word << 6) | value) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    into[at] = (word >> bits) & 0xff;
    at += 1;
  }
  return (word & ((1 << bits) - 1)) === 0;
}

/** The same with - and _ instead of + and / (RFC 4648, section 5). */
export function renderBase64Url(bytes: Uint8Array): string {
  return renderBase64(bytes).replaceAll('+', '-').replaceAll('/', '_');
}

export function parseBase64Url(text: string): Uint8Array | undefined {
  return /[+/]/.test(text) ? undefined : parseBase64(text.replaceAll('-', '+').replaceAll('_', '/'));
}

/** Base64 with or without padding. */
export function parsePaddedBase64(text: string): Uint8Array | undefined {
  const bare = text.replace(/={1,2}$/, '');
  if (bare.length !== text.length && text.length % 4 !== 0) return undefined;
  return parseBase64(bare);
}

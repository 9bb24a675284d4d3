const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

const VALUES = new Int8Array(128).fill(-1);
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

/** `undefined` for text with other characters, of an impossible length, or with bits set after its last byte. */
export function parseBase64(text: string): Uint8Array | undefined {
  const rest = text.length % 4;
  if (rest === 1) return undefined;
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let word = 0;
  let bits = 0;
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    const value = VALUES[text.charCodeAt(i)] ?? -1;
    if (value < 0) return undefined;
    word = ((word << 6) | value) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at] = (word >> bits) & 0xff;
    at += 1;
  }
  return (word & ((1 << bits) - 1)) === 0 ? bytes : undefined;
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

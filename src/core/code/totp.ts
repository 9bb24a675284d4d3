import type { Ciphers } from '../cipher/ciphers.ts';
import { type Instant, type Millis, seconds } from '../net/time.ts';

/** What every app supports: SHA-1, 30 seconds, 6 digits. Some apps ignore other parameters. */
export const CODE_PERIOD = seconds(30);
export const CODE_DIGITS = 6;

/** RFC 4226, section 4: at least 16 bytes, preferably 20. */
export const SECRET_BYTES = 20;

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The time step of a wall-clock moment (RFC 6238, section 4.2). */
export function stepAt(time: Instant, period: Millis = CODE_PERIOD): number {
  return Math.floor(time / period);
}

/** The code of a step (RFC 4226, section 5.3), as digits. */
export function codeOf(ciphers: Ciphers, secret: Uint8Array, step: number, digits = CODE_DIGITS): string {
  const counter = new Uint8Array(8);
  const view = new DataView(counter.buffer);
  view.setUint32(0, Math.floor(step / 2 ** 32));
  view.setUint32(4, step % 2 ** 32);
  const hash = ciphers.hmac('sha1', secret, counter);
  const at = (hash[19] as number) & 0x0f;
  const word = new DataView(hash.buffer, hash.byteOffset, hash.byteLength).getUint32(at) & 0x7fff_ffff;
  return `${word % 10 ** digits}`.padStart(digits, '0');
}

/** Base32 (RFC 4648, section 6) without padding. */
export function renderBase32(bytes: Uint8Array): string {
  let text = '';
  let word = 0;
  let bits = 0;
  for (const byte of bytes) {
    word = ((word << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(word >> bits) & 31];
    }
  }
  return bits === 0 ? text : text + ALPHABET[(word << (5 - bits)) & 31];
}

/** Blanks and lower case are accepted, as people copy them. `undefined` for anything else. */
export function parseBase32(text: string): Uint8Array | undefined {
  const bare = text.replaceAll(/[ -]/g, '').replace(/=+$/, '').toUpperCase();
  const bytes = new Uint8Array(Math.floor((bare.length * 5) / 8));
  let word = 0;
  let bits = 0;
  let at = 0;
  for (const char of bare) {
    const value = ALPHABET.indexOf(char);
    if (value < 0) return undefined;
    word = ((word << 5) | value) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at] = (word >> bits) & 0xff;
    at += 1;
  }
  return bits >= 5 || (word & ((1 << bits) - 1)) !== 0 ? undefined : bytes;
}

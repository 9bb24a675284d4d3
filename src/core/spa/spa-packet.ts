import { parseBase64, renderBase64 } from '../bytes/base64.ts';
import { asciiBytes, concatBytes } from '../bytes/concat-bytes.ts';
import type { Ciphers, HashName } from '../cipher/ciphers.ts';
import { aesModeOf, type SpaCredential } from './spa-credential.ts';

// libfko of fwknop 2.6.10: cipher_funcs.c, fko_encryption.c, fko_hmac.c.

/** "Salted__", in base64: cut off before a packet is sent, and yet part of what is authenticated. */
const SALTED = 'U2FsdGVkX1';
const SALT_MARK = asciiBytes('Salted__');
const SALT_BYTES = 8;
const BLOCK = 16;
const KEY_BYTES = 32;
const LEGACY_KEY_BYTES = 16;
const LEGACY_PAD = 0x30;

/** How many characters of base64 an HMAC takes. */
const HMAC_CHARS = {
  md5: 22,
  sha1: 27,
  sha256: 43,
  sha384: 64,
  sha512: 86,
  sha3_256: 43,
  sha3_512: 86,
} as const satisfies Record<HashName, number>;

/** No packet of fwknop is shorter or longer (MIN_SPA_ENCODED_MSG_SIZE, MAX_SPA_ENCODED_MSG_SIZE). */
const MIN_CHARS = 36;
const MAX_CHARS = 1500;

export type OpenedSpa =
  /** `text`: what the sender has written, its digest behind it. */
  | { readonly kind: 'opened'; readonly text: string; readonly salt: Uint8Array }
  | { readonly kind: 'refused'; readonly reason: 'form' | 'hmac' | 'key' };

/** Opens a packet by a credential, its HMAC first. */
export function openSpa(ciphers: Ciphers, credential: SpaCredential, packet: string): OpenedSpa {
  const { hmac } = credential;
  if (packet.length < MIN_CHARS || packet.length > MAX_CHARS) return { kind: 'refused', reason: 'form' };
  const sealed = hmac === undefined ? packet : packet.slice(0, packet.length - HMAC_CHARS[hmac.name]);
  if (hmac !== undefined) {
    const expected = asciiBytes(hmacText(ciphers, hmac, sealed));
    const found = asciiBytes(packet.slice(sealed.length));
    if (!ciphers.isSame(expected, found)) return { kind: 'refused', reason: 'hmac' };
  }
  const bytes = parseBase64(SALTED + sealed);
  const length = bytes === undefined ? 0 : bytes.length - SALT_MARK.length - SALT_BYTES;
  if (bytes === undefined || length < BLOCK || length % BLOCK !== 0)
    return { kind: 'refused', reason: 'form' };
  const salt = bytes.subarray(SALT_MARK.length, SALT_MARK.length + SALT_BYTES);
  const plain = decrypt(ciphers, credential, salt, bytes.subarray(SALT_MARK.length + SALT_BYTES));
  return plain === undefined ? { kind: 'refused', reason: 'key' } : { kind: 'opened', text: plain, salt };
}

/** The packet of a text with its digest. `salt`: 8 random bytes. */
export function sealSpa(ciphers: Ciphers, credential: SpaCredential, text: string, salt: Uint8Array): string {
  const pad = BLOCK - (text.length % BLOCK);
  const plain = concatBytes(asciiBytes(text), new Uint8Array(pad).fill(pad));
  const { key, vector } = deriveKey(ciphers, credential, salt);
  const mode = aesModeOf(credential.mode);
  const encrypted = ciphers.aes('encrypt', mode, key, vector, plain) ?? new Uint8Array(0);
  const sealed = renderBase64(concatBytes(SALT_MARK, salt, encrypted)).slice(SALTED.length);
  return credential.hmac === undefined ? sealed : sealed + hmacText(ciphers, credential.hmac, sealed);
}

function hmacText(
  ciphers: Ciphers,
  { name, key }: NonNullable<SpaCredential['hmac']>,
  sealed: string,
): string {
  return renderBase64(ciphers.hmac(name, key, asciiBytes(SALTED + sealed)));
}

/** `undefined` where the padding is wrong, or what comes out is no text of fwknop's. */
function decrypt(
  ciphers: Ciphers,
  credential: SpaCredential,
  salt: Uint8Array,
  encrypted: Uint8Array,
): string | undefined {
  const { key, vector } = deriveKey(ciphers, credential, salt);
  const plain = ciphers.aes('decrypt', aesModeOf(credential.mode), key, vector, encrypted);
  if (plain === undefined) return undefined;
  const pad = plain.at(-1) ?? 0;
  if (pad === 0 || pad > BLOCK) return undefined;
  const end = plain.length - pad;
  if (plain.subarray(end).some((byte) => byte !== pad)) return undefined;
  const text = plain.subarray(0, end);
  if (text.some((byte) => byte < 0x20 || byte > 0x7e)) return undefined;
  return String.fromCharCode(...text);
}

/** OpenSSL's EVP_BytesToKey with MD5 and one round: the key, and the vector behind it. */
function deriveKey(
  ciphers: Ciphers,
  { mode, key }: SpaCredential,
  salt: Uint8Array,
): { readonly key: Uint8Array; readonly vector: Uint8Array } {
  const secret = mode === 'legacy' ? legacyKey(key) : key;
  let derived = new Uint8Array(0);
  let block = new Uint8Array(0);
  while (derived.length < KEY_BYTES + BLOCK) {
    block = Uint8Array.from(ciphers.hash('md5', concatBytes(block, secret, salt)));
    derived = Uint8Array.from(concatBytes(derived, block));
  }
  return { key: derived.subarray(0, KEY_BYTES), vector: derived.subarray(KEY_BYTES, KEY_BYTES + BLOCK) };
}

/** Longer ones are cut, shorter ones filled up with the digit 0. */
function legacyKey(key: Uint8Array): Uint8Array {
  if (key.length >= LEGACY_KEY_BYTES) return key.subarray(0, LEGACY_KEY_BYTES);
  return concatBytes(key, new Uint8Array(LEGACY_KEY_BYTES - key.length).fill(LEGACY_PAD));
}

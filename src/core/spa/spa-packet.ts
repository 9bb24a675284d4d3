import { parseBase64, renderBase64 } from '../bytes/base64.ts';
import { asciiBytes, concatBytes } from '../bytes/concat-bytes.ts';
import type { Ciphers, HashName } from '../cipher/ciphers.ts';
import { HmacSha256Key, HmacSha256Message } from '../cipher/hmac-sha256.ts';
import { aesModeOf, type SpaCredential } from './spa-credential.ts';
import { MAX_SPA_CHARS, MIN_SPA_CHARS, SALTED } from './spa-form.ts';

// libfko of fwknop 2.6.10: cipher_funcs.c, fko_encryption.c, fko_hmac.c.

/** Removed before a packet is sent, but part of the authenticated text. */
const SALTED_BYTES = asciiBytes(SALTED);
const SALT_MARK = asciiBytes('Salted__');
const SALT_BYTES = 8;
const BLOCK = 16;
const KEY_BYTES = 32;
const LEGACY_KEY_BYTES = 16;
const LEGACY_PAD = 0x30;

/** Base64 characters of an HMAC. */
export const HMAC_CHARS = {
  md5: 22,
  sha1: 27,
  sha256: 43,
  sha384: 64,
  sha512: 86,
  sha3_256: 43,
  sha3_512: 86,
} as const satisfies Record<HashName, number>;

export type OpenedSpa =
  /** `text`: the client's text, followed by its digest. */
  | { readonly kind: 'opened'; readonly text: string; readonly salt: Uint8Array }
  | { readonly kind: 'refused'; readonly reason: 'form' | 'hmac' | 'key' };

/** Checks a packet's HMAC with a credential, and decrypts it. */
export function openSpa(ciphers: Ciphers, credential: SpaCredential, packet: string): OpenedSpa {
  return new SpaCandidate(asciiBytes(packet)).open(ciphers, credential);
}

/** A possible fwknop packet, to be checked with many credentials: what these share is computed once. */
export class SpaCandidate {
  readonly #chars: number;
  /** With the leading characters that are not sent. */
  readonly #whole: Uint8Array;
  /** By length: the HMACs that it may end in. */
  readonly #tags = new Map<number, Uint8Array | undefined>();
  #ofSha256: { readonly message: HmacSha256Message; readonly tag: DataView } | undefined;

  constructor(packet: Uint8Array) {
    this.#chars = packet.length;
    this.#whole = concatBytes(SALTED_BYTES, packet);
  }

  /** Whether the credential's HMAC is right; false if it has none. */
  isAuthentic(ciphers: Ciphers, { hmac }: SpaCredential): boolean {
    if (hmac === undefined || !this.#hasLength) return false;
    const chars = HMAC_CHARS[hmac.name];
    const tag = this.#tag(chars);
    if (tag === undefined) return false;
    if (hmac.name === 'sha256') return this.#isOfSha256(ciphers, hmac.key, tag);
    return ciphers.isSame(ciphers.hmac(hmac.name, hmac.key, this.#sealed(chars)), tag);
  }

  /** The HMAC of nearly all keys, and each packet is checked with all of them. */
  #isOfSha256(ciphers: Ciphers, key: Uint8Array, tag: Uint8Array): boolean {
    this.#ofSha256 ??= {
      message: new HmacSha256Message(this.#sealed(HMAC_CHARS.sha256)),
      tag: new DataView(tag.buffer, tag.byteOffset, tag.length),
    };
    const { message, tag: view } = this.#ofSha256;
    return preparedKey(ciphers, key).isTagOf(message, view);
  }

  open(ciphers: Ciphers, credential: SpaCredential): OpenedSpa {
    const { hmac } = credential;
    if (!this.#hasLength) return { kind: 'refused', reason: 'form' };
    if (hmac !== undefined && !this.isAuthentic(ciphers, credential))
      return { kind: 'refused', reason: 'hmac' };
    const sealed = this.#sealed(hmac === undefined ? 0 : HMAC_CHARS[hmac.name]);
    const bytes = parseBase64(textOf(sealed));
    const length = bytes === undefined ? 0 : bytes.length - SALT_MARK.length - SALT_BYTES;
    if (bytes === undefined || length < BLOCK || length % BLOCK !== 0 || !isSalted(bytes))
      return { kind: 'refused', reason: 'form' };
    const salt = bytes.subarray(SALT_MARK.length, SALT_MARK.length + SALT_BYTES);
    const plain = decrypt(ciphers, credential, salt, bytes.subarray(SALT_MARK.length + SALT_BYTES));
    return plain === undefined ? { kind: 'refused', reason: 'key' } : { kind: 'opened', text: plain, salt };
  }

  get #hasLength(): boolean {
    return this.#chars >= MIN_SPA_CHARS && this.#chars <= MAX_SPA_CHARS;
  }

  #sealed(hmacChars: number): Uint8Array {
    return this.#whole.subarray(0, this.#whole.length - hmacChars);
  }

  /** Undefined if the last characters are not the canonical base64 of an HMAC. */
  #tag(chars: number): Uint8Array | undefined {
    if (!this.#tags.has(chars)) this.#tags.set(chars, parseBase64(textOf(this.#whole.subarray(-chars))));
    return this.#tags.get(chars);
  }
}

/** Prepared keys, cached as long as their bytes exist, which do not change. */
const preparedKeys = new WeakMap<Uint8Array, HmacSha256Key>();

function preparedKey(ciphers: Ciphers, key: Uint8Array): HmacSha256Key {
  const known = preparedKeys.get(key);
  if (known !== undefined) return known;
  const prepared = new HmacSha256Key(ciphers, key);
  preparedKeys.set(key, prepared);
  return prepared;
}

const textOf = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

/** Another first character would stand for another prefix. */
const isSalted = (bytes: Uint8Array): boolean => SALT_MARK.every((byte, i) => bytes[i] === byte);

/** The packet for a text with its digest. `salt`: 8 random bytes. */
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

/** `undefined` if the padding is wrong, or the result is not fwknop's text. */
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

/** OpenSSL's EVP_BytesToKey with MD5 and one round: the key, followed by the IV. */
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

/** Longer keys are cut, shorter ones padded with the digit 0. */
function legacyKey(key: Uint8Array): Uint8Array {
  if (key.length >= LEGACY_KEY_BYTES) return key.subarray(0, LEGACY_KEY_BYTES);
  return concatBytes(key, new Uint8Array(LEGACY_KEY_BYTES - key.length).fill(LEGACY_PAD));
}

import { base64Bytes, decodeBase64, renderBase64 } from '../bytes/base64.ts';
import { asciiBytes, concatBytes } from '../bytes/concat-bytes.ts';
import type { Ciphers, HashName } from '../cipher/ciphers.ts';
import { HmacSha256Key, HmacSha256Message } from '../cipher/hmac-sha256.ts';
import { aesModeOf, LEGACY_KEY_BYTES, type SpaCredential } from './spa-credential.ts';
import { MAX_SPA_CHARS, MIN_SPA_CHARS, SALTED } from './spa-form.ts';

// libfko of fwknop 2.6.10: cipher_funcs.c, fko_encryption.c, fko_hmac.c.

/** Removed before a packet is sent, but part of the authenticated text. */
const SALTED_BYTES = asciiBytes(SALTED);
const SALT_MARK = asciiBytes('Salted__');
const SALT_BYTES = 8;
const BLOCK = 16;
const KEY_BYTES = 32;
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
  const candidate = new SpaCandidate();
  candidate.load(asciiBytes(packet));
  return candidate.open(ciphers, credential);
}

/** The HMAC that a packet may end in. */
class SpaTag {
  readonly chars: number;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Whether the packet's last characters are canonical base64, which `bytes` holds then; undefined: not read yet. */
  isGood: boolean | undefined;

  constructor(chars: number) {
    this.chars = chars;
    this.bytes = new Uint8Array(base64Bytes(chars));
    this.view = new DataView(this.bytes.buffer);
  }
}

/**
 * A possible fwknop packet, to be checked with many credentials: what these share is computed once. The object is reused
 * for each packet, so that one that opens nothing allocates nothing.
 */
export class SpaCandidate {
  /** With the leading characters that are not sent. */
  readonly #whole = concatBytes(SALTED_BYTES, new Uint8Array(MAX_SPA_CHARS));
  /** How many characters of it are in use; 0 if no packet has this length. */
  #length = 0;
  readonly #tags = [...new Set(Object.values(HMAC_CHARS))].map((chars) => new SpaTag(chars));
  readonly #ofSha256 = new HmacSha256Message(SALTED.length + MAX_SPA_CHARS);
  #isOfSha256Loaded = false;

  /** Replaces the packet. */
  load(packet: Uint8Array): void {
    const hasLength = packet.length >= MIN_SPA_CHARS && packet.length <= MAX_SPA_CHARS;
    this.#length = hasLength ? SALTED.length + packet.length : 0;
    if (hasLength) this.#whole.set(packet, SALTED.length);
    for (const tag of this.#tags) tag.isGood = undefined;
    this.#isOfSha256Loaded = false;
  }

  /** Whether the credential's HMAC is right; false if it has none. */
  isAuthentic(ciphers: Ciphers, { hmac }: SpaCredential): boolean {
    if (hmac === undefined || this.#length === 0) return false;
    const tag = this.#tag(HMAC_CHARS[hmac.name]);
    if (tag === undefined) return false;
    if (hmac.name === 'sha256') return this.#isOfSha256Key(ciphers, hmac.key, tag);
    return ciphers.isSame(ciphers.hmac(hmac.name, hmac.key, this.#sealed(tag.chars)), tag.bytes);
  }

  /** The HMAC of nearly all keys, and each packet is checked with all of them. */
  #isOfSha256Key(ciphers: Ciphers, key: Uint8Array, tag: SpaTag): boolean {
    if (!this.#isOfSha256Loaded) this.#ofSha256.load(this.#whole, this.#length - tag.chars);
    this.#isOfSha256Loaded = true;
    return preparedKey(ciphers, key).isTagOf(this.#ofSha256, tag.view);
  }

  open(ciphers: Ciphers, credential: SpaCredential): OpenedSpa {
    const { hmac } = credential;
    if (this.#length === 0) return { kind: 'refused', reason: 'form' };
    if (hmac !== undefined && !this.isAuthentic(ciphers, credential))
      return { kind: 'refused', reason: 'hmac' };
    const sealed = this.#sealed(hmac === undefined ? 0 : HMAC_CHARS[hmac.name]);
    const bytes = new Uint8Array(base64Bytes(sealed.length));
    const length = bytes.length - SALT_MARK.length - SALT_BYTES;
    if (length < BLOCK || length % BLOCK !== 0) return { kind: 'refused', reason: 'form' };
    if (!decodeBase64(sealed, 0, sealed.length, bytes) || !isSalted(bytes))
      return { kind: 'refused', reason: 'form' };
    const salt = bytes.subarray(SALT_MARK.length, SALT_MARK.length + SALT_BYTES);
    const plain = decrypt(ciphers, credential, salt, bytes.subarray(SALT_MARK.length + SALT_BYTES));
    return plain === undefined ? { kind: 'refused', reason: 'key' } : { kind: 'opened', text: plain, salt };
  }

  #sealed(hmacChars: number): Uint8Array {
    return this.#whole.subarray(0, this.#length - hmacChars);
  }

  /** Undefined if the last characters are not the canonical base64 of an HMAC. */
  #tag(chars: number): SpaTag | undefined {
    const tag = this.#tags.find((one) => one.chars === chars);
    if (tag === undefined) return undefined;
    const start = this.#length - chars;
    tag.isGood ??= start > SALTED.length && decodeBase64(this.#whole, start, this.#length, tag.bytes);
    return tag.isGood ? tag : undefined;
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

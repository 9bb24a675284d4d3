/** An elliptic curve of ECDSA keys, with its name in RFC 5656 (section 10.1). */
export type EcdsaCurve = 'nistp256' | 'nistp384' | 'nistp521';

/** Hash functions, by fwknop's names. */
export const HASH_NAMES = ['md5', 'sha1', 'sha256', 'sha384', 'sha512', 'sha3_256', 'sha3_512'] as const;

export type HashName = (typeof HASH_NAMES)[number];

/** AES block modes. */
export type AesMode = 'cbc' | 'ctr' | 'cfb' | 'ofb' | 'ecb';

/** A public key in the form that its algorithm needs. Points are uncompressed (SEC 1, section 2.3.3). */
export type VerifyKey =
  | { readonly kind: 'ed25519'; readonly point: Uint8Array }
  | { readonly kind: 'ecdsa'; readonly curve: EcdsaCurve; readonly point: Uint8Array }
  | { readonly kind: 'rsa'; readonly modulus: Uint8Array; readonly exponent: Uint8Array };

/**
 * The cryptographic functions that the core needs, all synchronous. Bytes of strangers never cause an exception:
 * failures are `undefined` or `false`.
 */
export interface Ciphers {
  sha256(bytes: Uint8Array): Uint8Array;
  sha512(bytes: Uint8Array): Uint8Array;
  hmacSha256(key: Uint8Array, bytes: Uint8Array): Uint8Array;
  hash(name: HashName, bytes: Uint8Array): Uint8Array;
  hmac(name: HashName, key: Uint8Array, bytes: Uint8Array): Uint8Array;
  /** Whether both are equal, in constant time. */
  isSame(a: Uint8Array, b: Uint8Array): boolean;
  /** AES on whole blocks, without padding. The key has 16 or 32 bytes, the IV 16. `undefined`: not whole blocks. */
  aes(
    direction: 'encrypt' | 'decrypt',
    mode: AesMode,
    key: Uint8Array,
    vector: Uint8Array,
    bytes: Uint8Array,
  ): Uint8Array | undefined;
  /** RFC 7748: 32 bytes each. `undefined` for a point of low order. */
  x25519(secret: Uint8Array, point: Uint8Array): Uint8Array | undefined;
  /** The public key of a secret key. */
  x25519Public(secret: Uint8Array): Uint8Array;
  /** ChaCha20-Poly1305 (RFC 8439): the ciphertext, followed by 16 bytes of tag. */
  seal(key: Uint8Array, nonce: Uint8Array, associated: Uint8Array, plain: Uint8Array): Uint8Array;
  /** `undefined`: the tag is wrong. */
  open(
    key: Uint8Array,
    nonce: Uint8Array,
    associated: Uint8Array,
    sealed: Uint8Array,
  ): Uint8Array | undefined;
  /**
   * ECDSA signatures are r and s, each as long as the curve's order, with the curve's hash. RSA is PKCS #1 with
   * SHA-512.
   */
  verify(key: VerifyKey, message: Uint8Array, signature: Uint8Array): boolean;
}

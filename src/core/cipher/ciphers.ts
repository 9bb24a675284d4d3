/** An elliptic curve of ECDSA keys, as RFC 5656 (§ 10.1) names it. */
export type EcdsaCurve = 'nistp256' | 'nistp384' | 'nistp521';

/** A public key as its algorithm needs it. Points are uncompressed (SEC 1, § 2.3.3). */
export type VerifyKey =
  | { readonly kind: 'ed25519'; readonly point: Uint8Array }
  | { readonly kind: 'ecdsa'; readonly curve: EcdsaCurve; readonly point: Uint8Array }
  | { readonly kind: 'rsa'; readonly modulus: Uint8Array; readonly exponent: Uint8Array };

/**
 * The cryptographic functions that the core needs, all synchronous. Bytes of strangers never make one throw: what
 * cannot be done is `undefined`, or `false`.
 */
export interface Ciphers {
  sha256(bytes: Uint8Array): Uint8Array;
  sha512(bytes: Uint8Array): Uint8Array;
  hmacSha256(key: Uint8Array, bytes: Uint8Array): Uint8Array;
  /** RFC 7748: 32 bytes each. `undefined` for a point of low order. */
  x25519(secret: Uint8Array, point: Uint8Array): Uint8Array | undefined;
  /** The public key of a secret one. */
  x25519Public(secret: Uint8Array): Uint8Array;
  /** ChaCha20-Poly1305 (RFC 8439): the ciphertext, and behind it 16 bytes of tag. */
  seal(key: Uint8Array, nonce: Uint8Array, associated: Uint8Array, plain: Uint8Array): Uint8Array;
  /** `undefined` where the tag is wrong. */
  open(
    key: Uint8Array,
    nonce: Uint8Array,
    associated: Uint8Array,
    sealed: Uint8Array,
  ): Uint8Array | undefined;
  /** ECDSA signatures are r and s, each as long as the curve's order; the hash is the curve's. RSA is PKCS #1 with SHA-512. */
  verify(key: VerifyKey, message: Uint8Array, signature: Uint8Array): boolean;
}

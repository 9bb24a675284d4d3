import { generateKeyPairSync, sign } from 'node:crypto';

/** An Ed25519 key that exists only in this process. */
export type ThrowawayKey = {
  /** The public key: 32 bytes (RFC 8032). */
  readonly point: Uint8Array;
  readonly sign: (message: Uint8Array) => Uint8Array;
};

export function makeThrowawayKey(): ThrowawayKey {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const { x = '' } = publicKey.export({ format: 'jwk' });
  return { point: Buffer.from(x, 'base64url'), sign: (message) => sign(null, message, privateKey) };
}

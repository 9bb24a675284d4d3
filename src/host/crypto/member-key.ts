import { createPrivateKey, createPublicKey, sign } from 'node:crypto';

/** The key of a member of a fleet. */
export type MemberKey = {
  /** The public half: 32 bytes (RFC 8032). */
  readonly point: Uint8Array;
  readonly sign: (message: Uint8Array) => Uint8Array;
};

/** What stands before the 32 bytes of a raw key in PKCS #8 (RFC 8410, § 7). */
const ED25519_SECRET = Buffer.from('302e020100300506032b657004220420', 'hex');

/** Of an Ed25519 secret key of 32 bytes: any are one. */
export function memberKeyOf(secret: Uint8Array): MemberKey {
  const der = Buffer.concat([ED25519_SECRET, secret]);
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  return { point: Buffer.from(x, 'base64url'), sign: (message) => sign(null, message, privateKey) };
}

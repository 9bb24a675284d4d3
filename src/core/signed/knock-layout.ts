/** Offsets of a signed knock's parts in its UDP payload, in bytes. */
export const KNOCK = {
  word: 0,
  tag: 4,
  ephemeral: 12,
  ephemeralBytes: 32,
  sealed: 44,
} as const;

/** The tag of ChaCha20-Poly1305. */
export const SEAL_BYTES = 16;

/**
 * The allowed lengths: for Ed25519 and ECDSA keys, for RSA keys up to 4,096 bits, and for larger ones. The longest one,
 * with its headers, fits into IPv6's smallest MTU (1,280).
 */
export const KNOCK_LENGTHS = [320, 704, 1232] as const;

/** Offsets of the encrypted body's parts, in bytes. */
export const BODY = {
  version: 0,
  kind: 1,
  flags: 2,
  family: 3,
  source: 4,
  time: 20,
  nonce: 28,
  keyId: 44,
  seconds: 60,
  door: 64,
} as const;

export const NONCE_BYTES = 16;
export const KEY_ID_BYTES = 16;
export const CHALLENGE_BYTES = 16;
export const MAX_DOOR_BYTES = 64;

/** HPKE's info, the namespace of the signature, and the beginning of the signed text. */
export const HPKE_INFO = 'bussa knock 1';
export const NAMESPACE = 'knock@bussa';
export const SIGNED_PREFIX = 'bussa knock 1\0';
export const REPLY_PURPOSE = 'bussa reply 1';

/** Space for the body in a packet of this length. */
export function bodyLength(packetLength: number): number {
  return packetLength - KNOCK.sealed - SEAL_BYTES;
}

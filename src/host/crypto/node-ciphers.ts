import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  type KeyObject,
  timingSafeEqual,
  verify,
} from 'node:crypto';
import type { Ciphers, EcdsaCurve, HashName, VerifyKey } from '../../core/cipher/ciphers.ts';

const AEAD = 'chacha20-poly1305';
const TAG_BYTES = 16;
const AES_BLOCK = 16;

/** Prefixes of a raw 32-byte key: PKCS #8 (RFC 8410, section 7) and SubjectPublicKeyInfo (section 4). */
const X25519_SECRET = Buffer.from('302e020100300506032b656e04220420', 'hex');
const X25519_PUBLIC = Buffer.from('302a300506032b656e032100', 'hex');
const ED25519_PUBLIC = Buffer.from('302a300506032b6570032100', 'hex');

const CURVES = {
  nistp256: { crv: 'P-256', hash: 'sha256', bytes: 32 },
  nistp384: { crv: 'P-384', hash: 'sha384', bytes: 48 },
  nistp521: { crv: 'P-521', hash: 'sha512', bytes: 66 },
} as const satisfies Record<EcdsaCurve, object>;

/** Node.js's cryptography, which uses OpenSSL. */
export const nodeCiphers: Ciphers = {
  sha256: (bytes) => createHash('sha256').update(bytes).digest(),
  sha512: (bytes) => createHash('sha512').update(bytes).digest(),
  hmacSha256: (key, bytes) => createHmac('sha256', key).update(bytes).digest(),
  hash: (name, bytes) => createHash(opensslName(name)).update(bytes).digest(),
  hmac: (name, key, bytes) => createHmac(opensslName(name), key).update(bytes).digest(),
  isSame: (a, b) => a.length === b.length && timingSafeEqual(a, b),
  aes: (direction, mode, key, vector, bytes) => {
    if (bytes.length % AES_BLOCK !== 0) return undefined;
    const name = `aes-${key.length * 8}-${mode}`;
    const iv = mode === 'ecb' ? null : vector;
    const cipher = direction === 'encrypt' ? createCipheriv(name, key, iv) : createDecipheriv(name, key, iv);
    cipher.setAutoPadding(false);
    return Buffer.concat([cipher.update(bytes), cipher.final()]);
  },
  x25519: (secret, point) => {
    try {
      return diffieHellman({ privateKey: secretKey(secret), publicKey: derKey(X25519_PUBLIC, point) });
    } catch {
      // OpenSSL rejects points of low order.
      return undefined;
    }
  },
  x25519Public: (secret) => {
    const spki = createPublicKey(secretKey(secret)).export({ type: 'spki', format: 'der' });
    return Uint8Array.from(spki.subarray(X25519_PUBLIC.length));
  },
  seal: (key, nonce, associated, plain) => {
    const cipher = createCipheriv(AEAD, key, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(associated, { plaintextLength: plain.length });
    return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  },
  open: (key, nonce, associated, sealed) => {
    if (sealed.length < TAG_BYTES) return undefined;
    const length = sealed.length - TAG_BYTES;
    try {
      const cipher = createDecipheriv(AEAD, key, nonce, { authTagLength: TAG_BYTES });
      cipher.setAAD(associated, { plaintextLength: length });
      cipher.setAuthTag(sealed.subarray(length));
      return Buffer.concat([cipher.update(sealed.subarray(0, length)), cipher.final()]);
    } catch {
      return undefined;
    }
  },
  verify: (key, message, signature) => {
    try {
      return verifyWith(key, message, signature);
    } catch {
      // Not a point of the curve, or an exponent that OpenSSL rejects.
      return false;
    }
  },
};

/** Caches OpenSSL's key objects as long as their bytes exist: creating one takes a fifth of a knock's time. */
const secretKeys = new WeakMap<Uint8Array, KeyObject>();
const publicKeys = new WeakMap<VerifyKey, KeyObject>();

const opensslName = (name: HashName): string => name.replace('_', '-');

function verifyWith(key: VerifyKey, message: Uint8Array, signature: Uint8Array): boolean {
  const known = publicKeys.get(key);
  const publicKey = known ?? importPublic(key);
  if (known === undefined) publicKeys.set(key, publicKey);
  switch (key.kind) {
    case 'ed25519':
      return verify(null, message, publicKey, signature);
    case 'ecdsa':
      return verify(
        CURVES[key.curve].hash,
        message,
        { key: publicKey, dsaEncoding: 'ieee-p1363' },
        signature,
      );
    case 'rsa':
      return verify('sha512', message, publicKey, signature);
    default:
      return key satisfies never;
  }
}

function importPublic(key: VerifyKey): KeyObject {
  switch (key.kind) {
    case 'ed25519':
      return derKey(ED25519_PUBLIC, key.point);
    case 'ecdsa':
      return ecdsaKey(key.curve, key.point);
    case 'rsa':
      return rsaKey(key.modulus, key.exponent);
    default:
      return key satisfies never;
  }
}

/** The bytes of a secret do not change. */
function secretKey(secret: Uint8Array): KeyObject {
  const known = secretKeys.get(secret);
  if (known !== undefined) return known;
  const der = Buffer.concat([X25519_SECRET, secret]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  secretKeys.set(secret, key);
  return key;
}

function derKey(before: Buffer, point: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.concat([before, point]), format: 'der', type: 'spki' });
}

function ecdsaKey(curve: EcdsaCurve, point: Uint8Array): KeyObject {
  const { crv, bytes } = CURVES[curve];
  const x = base64url(point.subarray(1, 1 + bytes));
  const y = base64url(point.subarray(1 + bytes));
  return createPublicKey({ key: { kty: 'EC', crv, x, y }, format: 'jwk' });
}

function rsaKey(modulus: Uint8Array, exponent: Uint8Array): KeyObject {
  return createPublicKey({
    key: { kty: 'RSA', n: base64url(modulus), e: base64url(exponent) },
    format: 'jwk',
  });
}

const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');

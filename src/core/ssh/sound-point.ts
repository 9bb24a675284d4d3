import type { EcdsaCurve } from '../cipher/ciphers.ts';

/** The prime and `b` of y² = x³ − 3x + b (FIPS 186-4, appendix D.1.2). */
type Curve = { readonly p: bigint; readonly b: bigint };

const CURVES: Readonly<Record<EcdsaCurve, Curve>> = {
  nistp256: {
    p: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
    b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
  },
  nistp384: {
    p: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
    b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
  },
  nistp521: {
    p: 2n ** 521n - 1n,
    b: 0x51953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00n,
  },
};

/** Whether the uncompressed point is on the curve, with both numbers below the prime. A damaged key practically never is. */
export function isOnCurve(curve: EcdsaCurve, point: Uint8Array): boolean {
  const { p, b } = CURVES[curve];
  const middle = 1 + (point.length - 1) / 2;
  const [x, y] = [numberOf(point.subarray(1, middle)), numberOf(point.subarray(middle))];
  return x < p && y < p && (y * y - (x * x * x - 3n * x + b)) % p === 0n;
}

const ED_P = 2n ** 255n - 19n;

/** A point of order 8 (RFC 8032, section 5.1: d y⁴ + 2 y² = 1). */
const ED_ORDER_8 = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n;

const ED_LOW_ORDER: readonly bigint[] = [0n, 1n, ED_P - 1n, ED_ORDER_8, ED_P - ED_ORDER_8];

/**
 * Whether an Ed25519 key is a number below the prime, and no point of low order, under which some verifiers accept
 * signatures that nobody has made.
 */
export function isSoundEd25519(point: Uint8Array): boolean {
  // Little endian; the highest bit is the sign of x.
  const y = numberOf(point.toReversed()) & (2n ** 255n - 1n);
  return y < ED_P && !ED_LOW_ORDER.includes(y);
}

/** Big endian. */
function numberOf(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return value;
}

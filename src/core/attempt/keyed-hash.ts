/** Two secret 32-bit words. Without them nobody can choose sources that fall into one bucket. */
export type HashKey = readonly [number, number];

const WORDS = 6;
const FINAL_ROUNDS = 3;

/** The message of one call and its length block. Reused, because the core is synchronous. */
const message = new Int32Array(WORDS + 1 + FINAL_ROUNDS);
message[WORDS] = (WORDS * 4) << 24;

/**
 * HalfSipHash-1-3 (Aumasson and Bernstein, "SipHash: a fast short-input PRF") over six 32-bit words: a keyed hash whose
 * collisions cannot be constructed without the key. Returns 32 bits, signed.
 */
export function keyedHash(
  key: HashKey,
  a: number,
  b: number,
  c: number,
  d: number,
  e: number,
  f: number,
): number {
  message[0] = a;
  message[1] = b;
  message[2] = c;
  message[3] = d;
  message[4] = e;
  message[5] = f;
  let v0 = key[0] | 0;
  let v1 = key[1] | 0;
  let v2 = 0x6c796765 ^ v0;
  let v3 = 0x74656462 ^ v1;
  for (let i = 0; i <= WORDS + FINAL_ROUNDS; i++) {
    // The words after the length block are 0: they make the final rounds.
    const word = message[i] as number;
    if (i === WORDS + 1) v2 ^= 0xff;
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= word;
  }
  return v1 ^ v3;
}

/** A 128-bit key: four little-endian words. */
export type SipHashKey = readonly [number, number, number, number];

/**
 * SipHash-2-4 (Aumasson and Bernstein, "SipHash: a fast short-input PRF") over `length` bytes, a multiple of 8, into
 * `out`: the low word, then the high one. No allocation.
 */
export function sipHash24(
  key: SipHashKey,
  bytes: Uint8Array,
  start: number,
  length: number,
  out: Int32Array,
): void {
  const [k0l, k0h, k1l, k1h] = key;
  state[0] = k0l ^ 0x70736575;
  state[1] = k0h ^ 0x736f6d65;
  state[2] = k1l ^ 0x6e646f6d;
  state[3] = k1h ^ 0x646f7261;
  state[4] = k0l ^ 0x6e657261;
  state[5] = k0h ^ 0x6c796765;
  state[6] = k1l ^ 0x79746573;
  state[7] = k1h ^ 0x74656462;
  for (let at = start; at < start + length; at += 8) absorb(word(bytes, at), word(bytes, at + 4));
  absorb(0, (length & 0xff) << 24);
  state[4] = (state[4] as number) ^ 0xff;
  for (let round = 0; round < 4; round++) mix();
  out[0] = (state[0] as number) ^ (state[2] as number) ^ (state[4] as number) ^ (state[6] as number);
  out[1] = (state[1] as number) ^ (state[3] as number) ^ (state[5] as number) ^ (state[7] as number);
}

/** v0 to v3, each a low and a high word. Reused, because the core is synchronous. */
const state = new Int32Array(8);

function absorb(low: number, high: number): void {
  state[6] = (state[6] as number) ^ low;
  state[7] = (state[7] as number) ^ high;
  mix();
  mix();
  state[0] = (state[0] as number) ^ low;
  state[1] = (state[1] as number) ^ high;
}

/** One SipRound. */
function mix(): void {
  add(0, 2);
  rotate(2, 13);
  xor(2, 0);
  swap(0);
  add(4, 6);
  rotate(6, 16);
  xor(6, 4);
  add(0, 6);
  rotate(6, 21);
  xor(6, 0);
  add(4, 2);
  rotate(2, 17);
  xor(2, 4);
  swap(4);
}

function add(to: number, from: number): void {
  const low = ((state[to] as number) >>> 0) + ((state[from] as number) >>> 0);
  state[to + 1] = (state[to + 1] as number) + (state[from + 1] as number) + (low > 0xffff_ffff ? 1 : 0);
  state[to] = low;
}

/** To the left, by less than 32 bits. */
function rotate(at: number, bits: number): void {
  const low = state[at] as number;
  const high = state[at + 1] as number;
  state[at] = (low << bits) | (high >>> (32 - bits));
  state[at + 1] = (high << bits) | (low >>> (32 - bits));
}

function xor(to: number, from: number): void {
  state[to] = (state[to] as number) ^ (state[from] as number);
  state[to + 1] = (state[to + 1] as number) ^ (state[from + 1] as number);
}

/** Rotates by 32 bits. */
function swap(at: number): void {
  const low = state[at] as number;
  state[at] = state[at + 1] as number;
  state[at + 1] = low;
}

/** Little endian, signed. */
function word(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  );
}

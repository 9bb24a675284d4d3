/** SHA-256 (FIPS 180-4) in parts: what many hashes of one message share is computed once. */

export const BLOCK_BYTES = 64;
export const STATE_WORDS = 8;
/** The message schedule of one block, each word with its round constant added. */
export const SCHEDULE_WORDS = 64;

const PADDING_MARK = 0x80;
const LENGTH_BYTES = 8;

/**
 * Fractional parts of the cube roots of the first 64 primes (section 4.2.2), and of the square roots of the first 8
 * (section 5.3.3).
 */
const PRIMES = firstPrimes(SCHEDULE_WORDS);
const ROUND = Int32Array.from(PRIMES, (prime) => fraction(prime, 3n));
const START = Int32Array.from(PRIMES.slice(0, STATE_WORDS), (prime) => fraction(prime, 2n));

export const startState = (): Int32Array => START.slice();

/** The number of blocks of a padded message. */
export const blocksOf = (bytes: number): number => Math.ceil((bytes + 1 + LENGTH_BYTES) / BLOCK_BYTES);

/** The padded schedules of a message of limited length. The object is reused for each message. */
export class Sha256Schedule {
  readonly words: Int32Array;
  /** How many words belong to the current message. */
  length = 0;
  readonly #padded: Uint8Array;
  readonly #view: DataView;

  constructor(maxBytes: number) {
    const blocks = blocksOf(maxBytes);
    this.words = new Int32Array(blocks * SCHEDULE_WORDS);
    this.#padded = new Uint8Array(blocks * BLOCK_BYTES);
    this.#view = new DataView(this.#padded.buffer);
  }

  /** Takes the first `bytes` bytes of `message`, which follow `before` bytes that are whole blocks. */
  load(message: Uint8Array, bytes: number, before: number): void {
    const end = blocksOf(bytes) * BLOCK_BYTES;
    const padded = this.#padded;
    for (let i = 0; i < bytes; i++) padded[i] = message[i] as number;
    padded.fill(0, bytes, end);
    padded[bytes] = PADDING_MARK;
    this.#view.setUint32(end - 4, (before + bytes) * 8);
    this.length = blocksOf(bytes) * SCHEDULE_WORDS;
    for (let at = 0, start = 0; at < end; at += BLOCK_BYTES, start += SCHEDULE_WORDS) {
      for (let i = 0; i < 16; i++) this.words[start + i] = this.#view.getInt32(at + 4 * i);
      expand(this.words, start);
    }
  }
}

/**
 * Computes the other words from the first 16 of a block, and adds the round constants to all (section 6.2.2, step 1).
 */
export function expand(schedule: Int32Array, start: number): void {
  for (let i = start + 16; i < start + SCHEDULE_WORDS; i++) {
    const x = schedule[i - 15] as number;
    const y = schedule[i - 2] as number;
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    schedule[i] = ((schedule[i - 16] as number) + s0 + (schedule[i - 7] as number) + s1) | 0;
  }
  for (let i = 0; i < SCHEDULE_WORDS; i++)
    schedule[start + i] = ((schedule[start + i] as number) + (ROUND[i] as number)) | 0;
}

/** Processes one block into `state` (section 6.2.2, steps 2 to 4). */
export function compress(state: Int32Array, schedule: Int32Array, start: number): void {
  let a = state[0] as number;
  let b = state[1] as number;
  let c = state[2] as number;
  let d = state[3] as number;
  let e = state[4] as number;
  let f = state[5] as number;
  let g = state[6] as number;
  let h = state[7] as number;
  for (let i = start; i < start + SCHEDULE_WORDS; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + (g ^ (e & (f ^ g))) + (schedule[i] as number)) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) | (c & (a | b)))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  state[0] = ((state[0] as number) + a) | 0;
  state[1] = ((state[1] as number) + b) | 0;
  state[2] = ((state[2] as number) + c) | 0;
  state[3] = ((state[3] as number) + d) | 0;
  state[4] = ((state[4] as number) + e) | 0;
  state[5] = ((state[5] as number) + f) | 0;
  state[6] = ((state[6] as number) + g) | 0;
  state[7] = ((state[7] as number) + h) | 0;
}

function firstPrimes(count: number): bigint[] {
  const primes: bigint[] = [];
  for (let n = 2n; primes.length < count; n++) if (primes.every((prime) => n % prime !== 0n)) primes.push(n);
  return primes;
}

/** The first 32 fractional bits of the square or cube root. */
function fraction(prime: bigint, root: 2n | 3n): number {
  const scaled = prime << (32n * root);
  let low = 0n;
  let high = 1n << 40n;
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if (middle ** root <= scaled) low = middle;
    else high = middle;
  }
  return Number(BigInt.asIntN(32, low));
}

import type { Ciphers } from './ciphers.ts';
import {
  BLOCK_BYTES,
  compress,
  expand,
  SCHEDULE_WORDS,
  Sha256Schedule,
  STATE_WORDS,
  startState,
} from './sha256-blocks.ts';

const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;
const PADDING_MARK = 0x8000_0000;
const LENGTH_WORD = 15;
const OUTER_BITS = (BLOCK_BYTES + 4 * STATE_WORDS) * 8;

/** Reused, because the core is synchronous. */
const state = new Int32Array(STATE_WORDS);
const outerSchedule = new Int32Array(SCHEDULE_WORDS);

/** A key of HMAC-SHA256 (RFC 2104), with its two blocks already hashed. */
export class HmacSha256Key {
  readonly #inner: Int32Array;
  readonly #outer: Int32Array;

  constructor(ciphers: Ciphers, key: Uint8Array) {
    const block = new Uint8Array(BLOCK_BYTES);
    block.set(key.length > BLOCK_BYTES ? ciphers.sha256(key) : key);
    this.#inner = hashedBlock(block, INNER_PAD);
    this.#outer = hashedBlock(block, OUTER_PAD);
  }

  /** Whether the 32-byte `tag` is the message's, in constant time. */
  isTagOf(message: HmacSha256Message, tag: DataView): boolean {
    const { words, length } = message.schedule;
    state.set(this.#inner);
    for (let start = 0; start < length; start += SCHEDULE_WORDS) compress(state, words, start);
    outerSchedule.fill(0);
    outerSchedule.set(state);
    outerSchedule[STATE_WORDS] = PADDING_MARK;
    outerSchedule[LENGTH_WORD] = OUTER_BITS;
    expand(outerSchedule, 0);
    state.set(this.#outer);
    compress(state, outerSchedule, 0);
    let differs = 0;
    for (let i = 0; i < STATE_WORDS; i++) differs |= (state[i] as number) ^ tag.getInt32(4 * i);
    return differs === 0;
  }
}

/** A message that is checked with many keys: its schedule is the same for all of them. The object is reused. */
export class HmacSha256Message {
  readonly schedule: Sha256Schedule;

  constructor(maxBytes: number) {
    this.schedule = new Sha256Schedule(maxBytes);
  }

  /** Replaces the message by the first `bytes` bytes of this one. */
  load(message: Uint8Array, bytes: number): void {
    this.schedule.load(message, bytes, BLOCK_BYTES);
  }
}

function hashedBlock(key: Uint8Array, pad: number): Int32Array {
  const schedule = new Int32Array(SCHEDULE_WORDS);
  const view = new DataView(key.map((byte) => byte ^ pad).buffer);
  for (let i = 0; i < BLOCK_BYTES / 4; i++) schedule[i] = view.getInt32(4 * i);
  expand(schedule, 0);
  const hashed = startState();
  compress(hashed, schedule, 0);
  return hashed;
}

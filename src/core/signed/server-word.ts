import { asciiBytes, concatBytes } from '../bytes/concat-bytes.ts';
import type { Ciphers } from '../cipher/ciphers.ts';
import { KNOCK } from './knock-layout.ts';
import { type SipHashKey, sipHash24 } from './siphash.ts';

/**
 * Tells a signed knock for this server from noise before any costly step: a word checked by the kernel's filter, and a
 * tag. Both are derived from the server's public key, so they stop strangers, but not holders of that key.
 */
export type ServerMarks = {
  readonly tagKey: SipHashKey;
  /** Factors and offset of the word, unsigned. */
  readonly m1: number;
  readonly m2: number;
  readonly c: number;
};

const PURPOSE = asciiBytes('bussa tag 1');

export function serverMarks(ciphers: Ciphers, serverPublic: Uint8Array): ServerMarks {
  const hash = ciphers.sha256(concatBytes(PURPOSE, serverPublic));
  const view = new DataView(hash.buffer, hash.byteOffset, hash.byteLength);
  const little = (at: number): number => view.getUint32(at, true);
  return {
    tagKey: [little(0), little(4), little(8), little(12)],
    m1: (view.getUint32(16) | 1) >>> 0,
    m2: (view.getUint32(20) | 1) >>> 0,
    c: view.getUint32(24),
  };
}

/** The word of a knock whose ephemeral key is already in place; the knock begins at `start`. Unsigned. */
export function wordOf({ m1, m2, c }: ServerMarks, bytes: Uint8Array, start = 0): number {
  const x = word32(bytes, start + KNOCK.ephemeral);
  const y = word32(bytes, start + KNOCK.ephemeral + 4);
  return ((Math.imul(x, m1) ^ Math.imul(y, m2) ^ (x >>> 15)) + c) >>> 0;
}

/** Whether the knock has this server's word. */
export function hasWord(marks: ServerMarks, bytes: Uint8Array, start = 0): boolean {
  return word32(bytes, start + KNOCK.word) === wordOf(marks, bytes, start);
}

/** The tag of a knock whose ephemeral key is already in place: the low word, then the high one. */
export function tagOf({ tagKey }: ServerMarks, bytes: Uint8Array, out: Int32Array, start = 0): void {
  sipHash24(tagKey, bytes, start + KNOCK.ephemeral, KNOCK.ephemeralBytes, out);
}

/** Whether the knock has this server's tag. No allocation. */
export function hasTag(marks: ServerMarks, bytes: Uint8Array, start = 0): boolean {
  tagOf(marks, bytes, computed, start);
  let difference = 0;
  for (let i = 0; i < 8; i++) {
    const byte = ((computed[i >> 2] as number) >>> ((i & 3) * 8)) & 0xff;
    difference |= byte ^ (bytes[start + KNOCK.tag + i] as number);
  }
  return difference === 0;
}

const word32 = (bytes: Uint8Array, at: number): number =>
  (((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)) >>>
  0;

/** Reused, because the core is synchronous. */
const computed = new Int32Array(2);

import { concatBytes, uint32 } from '../bytes/concat-bytes.ts';
import type { Ciphers } from '../cipher/ciphers.ts';
import { type Address, addressWords, familyOf } from '../net/address.ts';
import type { Instant } from '../net/time.ts';
import { CHALLENGE_BYTES } from './knock-layout.ts';

/** A challenge is good for the step that it is made in, and the next. */
const STEP_MS = 30_000;

/** How long a challenge can be good for. */
export const CHALLENGE_LIFE_MS = 2 * STEP_MS;

/**
 * What a sender with a wrong clock signs instead of a time. It is made from a secret of this process, the key, the
 * source and the half-minute by a clock that nobody can set, so nothing is kept for it.
 */
export class Challenges {
  readonly #ciphers: Ciphers;
  readonly #secret: Uint8Array;

  constructor(ciphers: Ciphers, secret: Uint8Array) {
    this.#ciphers = ciphers;
    this.#secret = secret;
  }

  /** `sinceBoot`: by the clock that counts from the start of the machine. */
  make(keyId: Uint8Array, source: Address, sinceBoot: Instant): Uint8Array {
    return this.#of(keyId, source, Math.floor(sinceBoot / STEP_MS));
  }

  isGood(challenge: Uint8Array, keyId: Uint8Array, source: Address, sinceBoot: Instant): boolean {
    const step = Math.floor(sinceBoot / STEP_MS);
    return [step, step - 1].some((one) => this.#ciphers.isSame(challenge, this.#of(keyId, source, one)));
  }

  #of(keyId: Uint8Array, source: Address, step: number): Uint8Array {
    const words = addressWords(source).map(uint32);
    const text = concatBytes(keyId, Uint8Array.of(familyOf(source)), ...words, uint32(step));
    return this.#ciphers.hmacSha256(this.#secret, text).subarray(0, CHALLENGE_BYTES);
  }
}

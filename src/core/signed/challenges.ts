import { concatBytes, uint32 } from '../bytes/concat-bytes.ts';
import type { Ciphers } from '../cipher/ciphers.ts';
import { type Address, addressWords, familyOf } from '../net/address.ts';
import type { Instant } from '../net/time.ts';
import { CHALLENGE_BYTES } from './knock-layout.ts';

/** A challenge is valid in the step in which it was made, and in the next. */
const STEP_MS = 30_000;

/** The longest life of a challenge. */
export const CHALLENGE_LIFE_MS = 2 * STEP_MS;

/**
 * Challenges, which a sender with a wrong clock signs instead of a time. They are computed from a secret of this
 * process, the key, the source and the half-minute of a clock that cannot be set, so nothing has to be stored.
 */
export class Challenges {
  readonly #ciphers: Ciphers;
  readonly #secret: Uint8Array;

  constructor(ciphers: Ciphers, secret: Uint8Array) {
    this.#ciphers = ciphers;
    this.#secret = secret;
  }

  /** `sinceBoot`: by the boot clock. */
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

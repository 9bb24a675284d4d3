import type { Millis } from '../../../core/net/time.ts';

/** A single use of a proof, in the form that other hosts need. */
export type ProofUse = {
  /**
   * The same at each host that accepts the proof: hexadecimal digits of its bytes, or the secret's fingerprint and the
   * step.
   */
  readonly identity: string;
  /** After this time it is valid nowhere. */
  readonly lifetime: Millis;
};

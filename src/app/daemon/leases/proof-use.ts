import type { Millis } from '../../../core/net/time.ts';

/** One use of a proof, for the hosts that could take it as well. */
export type ProofUse = {
  /** The same at each host that takes the proof: hexadecimal digits of its bytes, or the secret's fingerprint and the step. */
  readonly identity: string;
  /** Afterwards it counts nowhere. */
  readonly lifetime: Millis;
};

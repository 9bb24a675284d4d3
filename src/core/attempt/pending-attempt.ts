import type { Address } from '../net/address.ts';
import type { Instant } from '../net/time.ts';

/** An attempt that has begun and not ended, as it is shown. */
export type PendingAttempt = {
  readonly source: Address;
  readonly door: string;
  /** Right knocks so far. */
  readonly stage: number;
  /** Knocks of the whole sequence. */
  readonly stages: number;
  /** Of the first knock, by the packets' clock. */
  readonly since: Instant;
};

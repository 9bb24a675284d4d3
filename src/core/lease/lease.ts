import type { Address } from '../net/address.ts';
import type { Instant } from '../net/time.ts';

/** What makes a lease one of a kind, through restarts too. */
export type LeaseId = string & { readonly brand: 'LeaseId' };

/**
 * A door that is open for a source, and the command that closes it.
 * `opening`: the start command has not ended yet · `open` · `closing`: the stop command has been asked for.
 */
export type Lease = {
  readonly id: LeaseId;
  readonly door: string;
  readonly source: Address;
  readonly stop: string;
  readonly state: 'opening' | 'open' | 'closing';
  /** When it closes, on the clock that counts from the start of the machine. */
  readonly due: Instant;
};

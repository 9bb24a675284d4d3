import type { Door } from '../door/door.ts';
import type { Address } from '../net/address.ts';
import type { Instant } from '../net/time.ts';

declare const checked: unique symbol;

/** Proof that a source knocked a door's whole sequence in order and in time. Only the engine makes one. */
export type Completion = {
  readonly [checked]: true;
  readonly door: Door;
  readonly source: Address;
  /** Packet time of the last knock. */
  readonly at: Instant;
};

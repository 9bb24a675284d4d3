import type { Address } from '../net/address.ts';
import type { Said } from '../say/said.ts';
import type { RefusedProof } from './refused-proof.ts';

/** An event of a lease, or the refusal of one. */
export type LeaseNote = {
  readonly kind: 'opened' | 'extended' | 'closed' | 'refused' | 'start-failed' | RefusedProof;
  readonly source: Address;
  /** '' if none is known. */
  readonly door: string;
  readonly reason?: string;
  /** The reason by its kind. */
  readonly why?: Said;
  /** The reason without parts that may differ each time; used if there are many reasons. */
  readonly shortReason?: string;
};

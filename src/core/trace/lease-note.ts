import type { Address } from '../net/address.ts';
import type { RefusedProof } from './refused-proof.ts';

/** What has happened to a lease, or instead of one. */
export type LeaseNote = {
  readonly kind: 'opened' | 'extended' | 'closed' | 'refused' | 'start-failed' | RefusedProof;
  readonly source: Address;
  /** '' where none is known. */
  readonly door: string;
  readonly reason?: string;
  /** The reason without what may be different each time: it takes its place where there are many. */
  readonly shortReason?: string;
};

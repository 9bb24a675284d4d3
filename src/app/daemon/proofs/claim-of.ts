import { type Instant, since } from '../../../core/net/time.ts';
import type { UsedKnock } from '../../../core/signed/used-knocks.ts';
import type { ProofUse } from '../leases/proof-use.ts';

/** The claim for a packet accepted `at`, in the form that other hosts need. */
export const claimOf = (at: Instant, { id, until }: Pick<UsedKnock, 'id' | 'until'>): ProofUse => ({
  identity: Buffer.from(id).toString('hex'),
  lifetime: since(at, until),
});

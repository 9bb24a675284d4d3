import { type Instant, since } from '../../../core/net/time.ts';
import type { UsedKnock } from '../../../core/signed/used-knocks.ts';
import type { ProofUse } from '../leases/proof-use.ts';

/** A packet that was taken `at`, as other hosts would have to know it. */
export const claimOf = (at: Instant, { id, until }: Pick<UsedKnock, 'id' | 'until'>): ProofUse => ({
  identity: Buffer.from(id).toString('hex'),
  lifetime: since(at, until),
});

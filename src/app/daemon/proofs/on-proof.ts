import type { ProofCompletion } from '../../../core/attempt/completion.ts';
import type { OpenResult } from '../leases/lease-keeper-parts.ts';
import type { ProofUse } from '../leases/proof-use.ts';

/** The steps between a proof and its door. `use`: what other members of a fleet must know about it. */
export type OnProof = (completion: ProofCompletion, whyNot?: string, use?: ProofUse) => Promise<OpenResult>;

import type { ProofOutcome } from '../../../core/control/proof-counts.ts';
import type { SealReason } from '../../../core/signed/open-knock.ts';
import type { OpenResult } from '../leases/lease-keeper.ts';

export const THROWN_AWAY =
  'the kernel throws the knock away for its source address (rp_filter, or no way back by that interface)';

export const SEAL_WORDS: Readonly<Record<SealReason, string>> = {
  point: 'its ephemeral key is a point of low order',
  seal: 'its seal is broken',
  malformed: 'what is sealed in it is malformed',
};

export const OUTCOME_OF = {
  opened: 'opened',
  extended: 'extended',
  runs: 'ran',
  'after-close': 'busy',
  refused: 'refused',
  nothing: 'refused',
} as const satisfies Record<OpenResult['kind'], ProofOutcome>;

import type { OpenResult } from '../leases/lease-keeper-parts.ts';

/** How the result of a valid proof is counted. */
export const OUTCOME_OF = {
  opened: 'opened',
  extended: 'extended',
  runs: 'ran',
  'after-close': 'busy',
  refused: 'refused',
  nothing: 'refused',
} as const satisfies Record<OpenResult['kind'], string>;

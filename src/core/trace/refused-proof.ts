import type { Instant } from '../net/time.ts';
import type { TraceEntry, TraceKind } from './trace-entry.ts';

/** A signed knock, and a packet of fwknop. */
export const REFUSED_PROOFS = ['proof-refused', 'spa-refused'] as const satisfies readonly TraceKind[];

export type RefusedProof = (typeof REFUSED_PROOFS)[number];

export const isRefusedProof = (kind: TraceKind): kind is RefusedProof =>
  REFUSED_PROOFS.some((one) => one === kind);

/** Of a proof that was refused, where no door has been tried (`lastTry`) or opened since. Without a full stop. */
export function explainRefusedProof(
  entries: readonly TraceEntry[],
  lastTry: Instant | undefined,
  clock: (at: Instant) => string,
): { readonly kind: 'proof-refused'; readonly sentence: string } | undefined {
  const index = entries.findLastIndex(({ kind }) => isRefusedProof(kind));
  const proof = entries[index];
  if (proof === undefined || (lastTry !== undefined && lastTry > proof.lastAt)) return undefined;
  const isOpenedSince = entries.slice(index).some(({ kind }) => kind === 'opened' || kind === 'extended');
  if (isOpenedSince) return undefined;
  const reason = proof.reason ?? 'the log says why';
  return {
    kind: 'proof-refused',
    sentence: `the ${proof.kind === 'spa-refused' ? 'SPA packet' : 'signed knock'} at ${clock(proof.lastAt)} was refused: ${reason}`,
  };
}

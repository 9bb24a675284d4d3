import type { Instant } from '../net/time.ts';
import type { TraceEntry } from './trace-entry.ts';

/** Of a signed knock that was refused, where no door has been tried (`lastTry`) or opened since. Without a full stop. */
export function explainRefusedProof(
  entries: readonly TraceEntry[],
  lastTry: Instant | undefined,
  clock: (at: Instant) => string,
): { readonly kind: 'proof-refused'; readonly sentence: string } | undefined {
  const index = entries.findLastIndex(({ kind }) => kind === 'proof-refused');
  const proof = entries[index];
  if (proof === undefined || (lastTry !== undefined && lastTry > proof.lastAt)) return undefined;
  const isOpenedSince = entries.slice(index).some(({ kind }) => kind === 'opened' || kind === 'extended');
  if (isOpenedSince) return undefined;
  const reason = proof.reason ?? 'the log says why';
  return {
    kind: 'proof-refused',
    sentence: `the signed knock at ${clock(proof.lastAt)} was refused: ${reason}`,
  };
}

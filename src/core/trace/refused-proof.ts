import type { Instant } from '../net/time.ts';
import type { TraceEntry, TraceKind } from './trace-entry.ts';

/** A signed knock, a code, and an fwknop packet. */
export const REFUSED_PROOFS = [
  'proof-refused',
  'code-refused',
  'spa-refused',
] as const satisfies readonly TraceKind[];

export type RefusedProof = (typeof REFUSED_PROOFS)[number];

export const isRefusedProof = (kind: TraceKind): kind is RefusedProof =>
  REFUSED_PROOFS.some((one) => one === kind);

const isOfProof = (kind: TraceKind): boolean =>
  isRefusedProof(kind) || kind === 'code-wrong' || kind === 'code-half';

/** Explains a refused proof, if no door was tried (`lastTry`) or opened since. Without a full stop. */
export function explainRefusedProof(
  entries: readonly TraceEntry[],
  lastTry: Instant | undefined,
  clock: (at: Instant) => string,
): { readonly kind: 'proof-refused'; readonly sentence: string } | undefined {
  const index = entries.findLastIndex(({ kind }) => isOfProof(kind));
  const proof = entries[index];
  if (proof === undefined || (lastTry !== undefined && lastTry > proof.lastAt)) return undefined;
  const isOpenedSince = entries.slice(index).some(({ kind }) => kind === 'opened' || kind === 'extended');
  return isOpenedSince
    ? undefined
    : { kind: 'proof-refused', sentence: sentenceOf(proof, clock(proof.lastAt)) };
}

function sentenceOf({ kind, reason = 'the log says why' }: TraceEntry, at: string): string {
  switch (kind) {
    case 'code-wrong':
      return `the code at ${at} was wrong, or its time was over`;
    case 'code-half':
      return `only half of a code has arrived, at ${at}: knock both ports, the first half first`;
    case 'code-refused':
      return `the code at ${at} was refused: ${reason}`;
    case 'spa-refused':
      return `the SPA packet at ${at} was refused: ${reason}`;
    default:
      return `the signed knock at ${at} was refused: ${reason}`;
  }
}

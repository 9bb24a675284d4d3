import type { Instant } from '../net/time.ts';
import { said } from '../say/render-english.ts';
import type { Said } from '../say/said.ts';
import type { Explanation, TraceSituation } from './explanation.ts';
import type { TraceEntry, TraceKind } from './trace-entry.ts';
import { explained, reasonValue } from './trace-text.ts';

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
  clock: TraceSituation['clock'],
): Explanation | undefined {
  const index = entries.findLastIndex(({ kind }) => isOfProof(kind));
  const proof = entries[index];
  if (proof === undefined || (lastTry !== undefined && lastTry > proof.lastAt)) return undefined;
  const isOpenedSince = entries.slice(index).some(({ kind }) => kind === 'opened' || kind === 'extended');
  return isOpenedSince ? undefined : explained('proof-refused', undefined, sentenceOf(proof), clock);
}

function sentenceOf(entry: TraceEntry): Said {
  const { kind, lastAt: at } = entry;
  if (kind === 'code-wrong' || kind === 'code-half') return said(kind, { at });
  const reason = reasonValue(entry, 'in-the-log');
  return said(kind === 'code-refused' || kind === 'spa-refused' ? kind : 'proof-refused', { at, reason });
}

import type { Instant } from '../net/time.ts';
import { said } from '../say/render-english.ts';
import type { Explanation, TraceSituation } from './explanation.ts';
import type { TraceEntry, TraceKind } from './trace-entry.ts';
import { explained, reasonValue } from './trace-text.ts';

/** What a proof came to. The end of an open door is no result of its own. */
const RESULTS: readonly TraceKind[] = ['opened', 'extended', 'refused', 'start-failed'];

/**
 * What became of a proof at doors without a sequence: the entries about them belong to no attempt.
 * `undefined`: nothing, or the door is still open, or the source has knocked since. Without a full stop.
 */
export function explainProvedOpening(
  entries: readonly TraceEntry[],
  lastTry: Instant | undefined,
  clock: TraceSituation['clock'],
): Explanation | undefined {
  const index = entries.findLastIndex(({ kind, door }) => door === undefined && RESULTS.includes(kind));
  const result = entries[index];
  if (result === undefined || (lastTry !== undefined && lastTry > result.lastAt)) return undefined;
  const since = entries.slice(index);
  // A browser sends several packets for each half of a code.
  if (since.some(({ kind, knock }) => knock !== undefined && kind !== 'code-half')) return undefined;
  const { kind, lastAt: at } = result;
  if (kind === 'refused') {
    const sentence = said('proved-refused', { reason: reasonValue(result, 'in-the-log') });
    return explained('refused', undefined, sentence, clock);
  }
  if (kind === 'start-failed') {
    const reason = reasonValue(result, 'failed-in-the-log');
    return explained('start-failed', undefined, said('proved-start-failed', { at, reason }), clock);
  }
  const isSame = (one: TraceEntry): boolean => one.door === undefined && one.otherDoor === result.otherDoor;
  const opened = entries.slice(0, index + 1).findLast((one) => one.kind === 'opened' && isSame(one));
  const closed = since.findLast((one) => one.kind === 'closed' && isSame(one));
  if (opened === undefined || closed === undefined) return undefined;
  const sentence = said('opened-closed', { at: opened.at, closed: closed.at });
  return explained('was-open', undefined, sentence, clock);
}

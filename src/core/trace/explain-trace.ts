import { REFUSED } from '../lease/refusals.ts';
import { addressWords, familyOf } from '../net/address.ts';
import { type Prefix, prefixHas, renderPrefix } from '../net/prefix.ts';
import type { Instant } from '../net/time.ts';
import { isPossibleSource } from '../origin/possible-source.ts';
import { said } from '../say/render-english.ts';
import type { Said, SaidValue } from '../say/said.ts';
import { explainNothing, explainUnmatched, flagValues, OUTSIDE } from './explain-stray.ts';
import type { Explanation, OpenDoor, TraceSituation } from './explanation.ts';
import { explainProvedOpening } from './proved-opening.ts';
import { awaited, rebuildAttempts, type TracedAttempt, type TracedAttempts } from './rebuild-attempts.ts';
import { explainRefusedProof } from './refused-proof.ts';
import type { TraceEntry } from './trace-entry.ts';
import { explained, knockValue, reasonValue } from './trace-text.ts';

/** Why the door did not open at the last attempt, in one sentence, or when it did. */
export function explainTrace(entries: readonly TraceEntry[], situation: TraceSituation): Explanation {
  const { ban, open, clock, source } = situation;
  if (!isPossibleSource(familyOf(source), ...addressWords(source), true)) {
    return explained('forged', undefined, said('impossible', { source }), clock);
  }
  if (ban !== undefined) {
    const who = renderPrefix(ban.prefix);
    const { until } = ban;
    const sentence =
      until === undefined ? said('banned-good', { who }) : said('banned-until', { who, until });
    return explained('banned', undefined, sentence, clock);
  }
  const followed = rebuildAttempts(entries);
  const { unmatched } = followed;
  const last = decisive(followed.attempts);
  const proof = explainRefusedProof(entries, last?.end, clock);
  if (proof !== undefined) return proof;
  const isAside =
    unmatched !== undefined && (last === undefined || unmatched.at - last.end > last.door.seqTimeout);
  if (last !== undefined && !isAside) return explainAttempt(last, followed, situation);
  const proved = explainProvedOpening(entries, last?.end, clock);
  const first = open.find(isOpenNow);
  if (proved !== undefined && (first === undefined || proved.kind !== 'was-open')) return proved;
  if (first !== undefined) {
    return explained('open', first.door, said('open', { until: first.until }), clock);
  }
  return unmatched === undefined ? explainNothing(situation) : explainUnmatched(unmatched, situation);
}

/** The attempt that got furthest, of those that overlap with the last one: the others only share knocks with it. */
function decisive(attempts: readonly TracedAttempt[]): TracedAttempt | undefined {
  const latest = attempts.toSorted((a, b) => b.end - a.end)[0];
  if (latest === undefined) return undefined;
  // On a tie, prefer one with a known failure.
  const worth = (one: TracedAttempt): number => {
    if (one.state === 'completed' || one.state === 'start-failed') return Number.POSITIVE_INFINITY;
    const isTelling = (one.wrong ?? one.lateAt ?? one.discounted ?? one.reason) !== undefined;
    return one.stage / one.door.sequence.length + (isTelling ? TELLING : 0);
  };
  return attempts
    .filter(({ end }) => end >= latest.start)
    .reduce((best, one) => (worth(one) >= worth(best) ? one : best), latest);
}

/** Less than a stage of the longest sequence. */
const TELLING = 1e-6;

function explainAttempt(
  one: TracedAttempt,
  { touch }: TracedAttempts,
  situation: TraceSituation,
): Explanation {
  const { door, state, stage } = one;
  const { clock } = situation;
  const of = (kind: Explanation['kind'], sentence: Said): Explanation =>
    explained(kind, door.name, sentence, clock);
  if (state === 'completed') return of(...explainOpening(one, situation));
  // Without a knock of the sequence it was a proof.
  const isProof = stage === 0;
  if (state === 'start-failed') {
    const values = { at: one.openedAt ?? one.end, reason: reasonValue(one, 'failed-in-the-log') };
    return of('start-failed', said(isProof ? 'proved-start-failed' : 'start-failed', values));
  }
  if (state === 'refused') {
    const values = { reason: refusal(one, situation) };
    return of('refused', said(isProof ? 'proved-refused' : 'refused', values));
  }
  if (state === 'withheld') return of('tripwire', withheld(touch, situation));
  if (state === 'evicted') return of('evicted', said('evicted', { stage, of: door.sequence.length }));
  const n = stage + 1;
  const knock = knockValue(awaited(one));
  if (one.wrong !== undefined) {
    return of('wrong-knock', said('wrong', { n, hit: knockValue(one.wrong), knock }));
  }
  if (one.lateAt !== undefined) return of('late', lateness(one, one.lateAt));
  if (one.discounted !== undefined) return of(...explainDiscounted(one.discounted, one));
  const limit = door.seqTimeout;
  const isOver = state === 'expired' || situation.now - one.start > limit;
  return isOver
    ? of('late', said('missing', { n, knock, limit }))
    : of('pending', said('pending', { n, knock, limit }));
}

function explainOpening(one: TracedAttempt, { open }: TraceSituation): [Explanation['kind'], Said] {
  const lease = open.find((other) => other.door === one.door.name && isOpenNow(other));
  const at = one.openedAt ?? one.end;
  if (lease !== undefined) return ['open', said('opened-open', { at, until: lease.until })];
  if (one.closedAt !== undefined) return ['was-open', said('opened-closed', { at, closed: one.closedAt })];
  return ['completed', said('completed', { at: one.end })];
}

const isOpenNow = ({ state, startFailure }: OpenDoor): boolean =>
  state !== 'closing' && startFailure === undefined;

function refusal(one: TracedAttempt, { source }: TraceSituation): SaidValue {
  const { door, reason } = one;
  const isIn = (prefixes: readonly Prefix[]): boolean => prefixes.some((prefix) => prefixHas(prefix, source));
  if (door.deny !== undefined && isIn(door.deny)) return said('deny', { source });
  if (door.allow !== undefined && !isIn(door.allow)) return said('allow', { source });
  if (reason === REFUSED.full) return said('full-of', { limit: 'max_leases' });
  return reasonValue(one, 'in-the-log');
}

function withheld(touched: TraceEntry | undefined, { penaltyUntil }: TraceSituation): Said {
  const touch =
    touched === undefined ? '' : said('touched', { knock: knockValue(touched.knock), at: touched.lastAt });
  const until = penaltyUntil === undefined ? '' : said('until', { until: penaltyUntil });
  return said('withheld', { touch, until });
}

function lateness({ door, stage, start }: TracedAttempt, lateAt: Instant): Said {
  const took = lateAt - start;
  const limit = door.seqTimeout;
  if (stage + 1 === door.sequence.length) return said('late-last', { took, limit });
  return said('late', { n: stage + 1, took, limit });
}

function explainDiscounted(entry: TraceEntry, { door, stage }: TracedAttempt): [Explanation['kind'], Said] {
  const { kind, flags = 0 } = entry;
  const values = { n: stage + 1, knock: knockValue(entry.knock) };
  if (kind === 'flags') return ['flags', said('flags', { ...values, ...flagValues(flags, door) })];
  if (kind === 'elsewhere') return ['elsewhere', said('elsewhere', values)];
  if (kind === 'forged' || kind === 'otherVlan') {
    return [OUTSIDE[kind].kind, said(OUTSIDE[kind].code, values)];
  }
  return ['retransmission', said('again', values)];
}

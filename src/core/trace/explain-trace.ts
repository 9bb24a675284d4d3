import { REFUSED } from '../lease/refusals.ts';
import { addressWords, familyOf } from '../net/address.ts';
import { type Prefix, prefixHas, renderPrefix } from '../net/prefix.ts';
import type { Instant } from '../net/time.ts';
import { isPossibleSource } from '../origin/possible-source.ts';
import { explainNothing, explainUnmatched, OUTSIDE, wrongFlags } from './explain-stray.ts';
import type { Explanation, OpenDoor, TraceSituation } from './explanation.ts';
import { awaited, rebuildAttempts, type TracedAttempt, type TracedAttempts } from './rebuild-attempts.ts';
import { explainRefusedProof } from './refused-proof.ts';
import type { TraceEntry } from './trace-entry.ts';
import { inSeconds, ordinal, renderKnock } from './trace-text.ts';

/** Why the door did not open at the last attempt, in one sentence, or when it did. */
export function explainTrace(entries: readonly TraceEntry[], situation: TraceSituation): Explanation {
  const { ban, open, clock, source } = situation;
  if (!isPossibleSource(familyOf(source), ...addressWords(source), true)) {
    return {
      kind: 'forged',
      sentence: `nobody can send from ${source}: packets with this source are not knocks`,
    };
  }
  if (ban !== undefined) {
    const end = ban.until === undefined ? 'for good' : `until ${clock(ban.until)}`;
    return { kind: 'banned', sentence: `${renderPrefix(ban.prefix)} is banned ${end}` };
  }
  const followed = rebuildAttempts(entries);
  const { unmatched } = followed;
  const last = decisive(followed.attempts);
  const proof = explainRefusedProof(entries, last?.end, clock);
  if (proof !== undefined) return proof;
  const isAside =
    unmatched !== undefined && (last === undefined || unmatched.at - last.end > last.door.seqTimeout);
  if (last !== undefined && !isAside) return explainAttempt(last, followed, situation);
  const first = open.find(isOpenNow);
  if (first !== undefined) {
    const sentence = `the door is open until ${clock(first.until)}`;
    return { kind: 'open', door: first.door, sentence };
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
  const { door, state } = one;
  const of = (kind: Explanation['kind'], sentence: string): Explanation => ({
    kind,
    door: door.name,
    sentence,
  });
  if (state === 'completed') return explainOpening(one, situation);
  if (state === 'start-failed') {
    const { reason = 'failed; the log says why' } = one;
    const at = situation.clock(one.openedAt ?? one.end);
    return of('start-failed', `the sequence was right at ${at}, but the start command ${reason}`);
  }
  if (state === 'refused') return of('refused', `the sequence was right, but ${refusal(one, situation)}`);
  if (state === 'withheld') return of('tripwire', withheld(touch, situation));
  if (state === 'evicted') {
    return of(
      'evicted',
      `its attempt, at stage ${one.stage} of ${door.sequence.length}, was evicted: too many attempts were pending`,
    );
  }
  const nth = ordinal(one.stage + 1);
  const expected = renderKnock(awaited(one));
  if (one.wrong !== undefined) {
    return of('wrong-knock', `the ${nth} knock hit ${renderKnock(one.wrong)} instead of ${expected}`);
  }
  if (one.lateAt !== undefined) return of('late', lateness(one, one.lateAt));
  if (one.discounted !== undefined) return of(...explainDiscounted(one.discounted, one, nth));
  const limit = `${inSeconds(door.seqTimeout)} s`;
  const isOver = state === 'expired' || situation.now - one.start > door.seqTimeout;
  return isOver
    ? of('late', `the ${nth} knock, ${expected}, did not arrive within ${limit} of the first`)
    : of(
        'pending',
        `the ${nth} knock, ${expected}, has not arrived yet; it may come until ${limit} after the first`,
      );
}

function explainOpening(one: TracedAttempt, { open, clock }: TraceSituation): Explanation {
  const door = one.door.name;
  const lease = open.find((other) => other.door === door && isOpenNow(other));
  const at = clock(one.openedAt ?? one.end);
  if (lease !== undefined) {
    return {
      kind: 'open',
      door,
      sentence: `the door was opened at ${at}, and is open until ${clock(lease.until)}`,
    };
  }
  if (one.closedAt !== undefined) {
    return {
      kind: 'was-open',
      door,
      sentence: `the door was opened at ${at}, and closed at ${clock(one.closedAt)}`,
    };
  }
  return {
    kind: 'completed',
    door,
    sentence: `the sequence was right at ${clock(one.end)}, and the door was opened`,
  };
}

const isOpenNow = ({ state, startFailure }: OpenDoor): boolean =>
  state !== 'closing' && startFailure === undefined;

function refusal({ door, reason = 'the log says why' }: TracedAttempt, { source }: TraceSituation): string {
  const isIn = (prefixes: readonly Prefix[]): boolean => prefixes.some((prefix) => prefixHas(prefix, source));
  if (door.deny !== undefined && isIn(door.deny)) return `${source} is in the door's deny`;
  if (door.allow !== undefined && !isIn(door.allow)) return `${source} is not in the door's allow`;
  if (reason === REFUSED.full) return `${reason} (max_leases)`;
  return reason;
}

function withheld(touch: TraceEntry | undefined, { penaltyUntil, clock }: TraceSituation): string {
  const which = touch === undefined ? '' : ` (${renderKnock(touch.knock)} at ${clock(touch.lastAt)})`;
  const penalty = penaltyUntil === undefined ? '' : ` until ${clock(penaltyUntil)}`;
  return `the sequence was right, but a decoy port was touched${which}; in penalty${penalty}: knock the sequence twice in a row, without any other packet`;
}

function lateness({ door, stage, start }: TracedAttempt, lateAt: Instant): string {
  const took = inSeconds(lateAt - start);
  const limit = `${inSeconds(door.seqTimeout)} s`;
  if (stage + 1 === door.sequence.length) return `the sequence took ${took} s, but its limit is ${limit}`;
  return `the ${ordinal(stage + 1)} knock came ${took} s after the first; the limit for the whole sequence is ${limit}`;
}

function explainDiscounted(
  entry: TraceEntry,
  { door }: TracedAttempt,
  nth: string,
): [Explanation['kind'], string] {
  const knock = renderKnock(entry.knock);
  if (entry.kind === 'flags')
    return ['flags', `the ${nth} knock, ${knock}, ${wrongFlags(entry.flags ?? 0, door)}`];
  if (entry.kind === 'elsewhere')
    return ['elsewhere', `the ${nth} knock, ${knock}, went to an address that is not this door's`];
  if (entry.kind === 'forged' || entry.kind === 'otherVlan') {
    const { kind, words } = OUTSIDE[entry.kind];
    return [kind, `the ${nth} knock, ${knock}, ${words}`];
  }
  return [
    'retransmission',
    `the ${nth} knock, ${knock}, was a retransmission of a packet seen before, which is ignored`,
  ];
}

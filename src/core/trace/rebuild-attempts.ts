import type { Door } from '../door/door.ts';
import type { Instant } from '../net/time.ts';
import type { Said } from '../say/said.ts';
import type { TracedKnock, TraceEntry } from './trace-entry.ts';

/** An attempt at one door, from its first knock to its result. */
export type TracedAttempt = {
  readonly door: Door;
  /** Of the first knock or, if that was dropped, of the first remaining entry. */
  readonly start: Instant;
  /** Of its last entry. */
  readonly end: Instant;
  readonly stage: number;
  readonly state:
    | 'pending'
    | 'failed'
    | 'expired'
    | 'evicted'
    | 'withheld'
    | 'completed'
    | 'start-failed'
    | 'refused';
  /** The packet that came instead of the right knock. */
  readonly wrong?: TracedKnock;
  /** When the right one came, too late. */
  readonly lateAt?: Instant;
  /** The right one came, but did not count. */
  readonly discounted?: TraceEntry;
  readonly reason?: string;
  readonly why?: Said;
  readonly openedAt?: Instant;
  readonly closedAt?: Instant;
};

export type TracedAttempts = {
  /** In the order of their first knocks. */
  readonly attempts: readonly TracedAttempt[];
  /** The last packet that belongs to none of them. */
  readonly unmatched?: TraceEntry;
  /** The last touch of a decoy port. */
  readonly touch?: TraceEntry;
};

/** How long after an attempt's timeout its next knock counts as late. */
const LATE_MS = 60_000;

/** Groups the remembered packets of a source into attempts. */
export function rebuildAttempts(entries: readonly TraceEntry[]): TracedAttempts {
  const attempts: TracedAttempt[] = [];
  let unmatched: TraceEntry | undefined;
  let touch: TraceEntry | undefined;
  for (const entry of entries) {
    if (entry.kind === 'tripwire' || entry.kind === 'suspicion') touch = entry;
    if (!(entry.knock !== undefined && isUnled(entry) ? attach(attempts, entry) : advance(attempts, entry))) {
      unmatched = entry;
    }
  }
  return {
    attempts,
    ...(unmatched === undefined ? {} : { unmatched }),
    ...(touch === undefined ? {} : { touch }),
  };
}

/** The step that an attempt at `stage` waits for. */
export const awaited = ({ door, stage }: Pick<TracedAttempt, 'door' | 'stage'>): TracedKnock | undefined =>
  door.sequence[stage];

export const isSameKnock = (a: TracedKnock | undefined, b: TracedKnock | undefined): boolean =>
  a !== undefined && a.protocol === b?.protocol && a.port === b.port;

/** Packets that neither advanced nor ended an attempt. */
function isUnled({ kind }: TraceEntry): boolean {
  return !['advanced', 'failed', 'expired', 'evicted', 'completed', 'withheld'].includes(kind);
}

/** A step of the engine, or the result of a completion. */
function advance(attempts: TracedAttempt[], entry: TraceEntry): boolean {
  const { kind, door, at, stage } = entry;
  if (door === undefined) return true;
  const index = attempts.findLastIndex((one) => one.door.name === door.name);
  const last = attempts[index];
  if (last !== undefined && !(kind === 'advanced' && stage === 1)) {
    attempts[index] = { ...last, end: at, ...change(entry, last) };
  } else if (kind !== 'closed' && kind !== 'extended' && kind !== 'start-failed') {
    const begun = { door, start: at, end: at, stage, state: 'pending' } as const;
    attempts.push({ ...begun, ...change(entry, begun) });
  }
  return true;
}

function change(
  { kind, at, reason, why, stage, knock }: TraceEntry,
  { door }: TracedAttempt,
): Partial<TracedAttempt> {
  switch (kind) {
    case 'advanced':
      return { stage };
    case 'failed':
      return { state: 'failed', stage, ...(knock === undefined ? {} : { wrong: knock }) };
    case 'expired': {
      const isLate = isSameKnock(knock, door.sequence[stage]);
      return { state: 'expired', stage, ...(isLate ? { lateAt: at } : {}) };
    }
    case 'evicted':
    case 'withheld':
    case 'completed':
      return { state: kind, stage };
    case 'refused':
    case 'start-failed':
      return {
        state: kind,
        ...(reason === undefined ? {} : { reason }),
        ...(why === undefined ? {} : { why }),
      };
    case 'opened':
      return { state: 'completed', openedAt: at };
    case 'closed':
      return { closedAt: at };
    default:
      return {};
  }
}

/** Returns whether the packet belongs to an attempt. */
function attach(attempts: TracedAttempt[], entry: TraceEntry): boolean {
  let belongs = false;
  for (const [index, one] of attempts.entries()) {
    const changed = attachTo(one, entry);
    if (changed === undefined) continue;
    attempts[index] = changed;
    belongs = true;
  }
  return belongs;
}

function attachTo(one: TracedAttempt, entry: TraceEntry): TracedAttempt | undefined {
  const { kind, at, knock, lastAt } = entry;
  const isAwaited = isSameKnock(knock, awaited(one));
  if (one.state === 'expired') {
    const isLate = kind === 'stray' && isAwaited && one.lateAt === undefined && at - one.end <= LATE_MS;
    if (isLate) return { ...one, end: at, lateAt: at };
  }
  if (one.state !== 'pending') return at - one.start <= one.door.seqTimeout ? { ...one, end: at } : undefined;
  if (kind === 'tripwire' || kind === 'suspicion') {
    return {
      ...one,
      end: lastAt,
      ...(one.wrong === undefined && knock !== undefined ? { wrong: knock } : {}),
    };
  }
  // A repeated first knock starts it again (`AttemptEngine`).
  if (kind === 'repeat') return { ...one, end: lastAt, ...(one.stage === 1 ? { start: lastAt } : {}) };
  return isAwaited || kind === 'retransmission'
    ? { ...one, end: lastAt, ...(isAwaited ? { discounted: entry } : {}) }
    : undefined;
}

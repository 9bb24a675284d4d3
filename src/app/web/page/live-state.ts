import type { PendingAttempt } from '../../../core/attempt/pending-attempt.ts';
import type { FeedEvent, FollowPart } from '../../../core/control/feed-event.ts';
import type { Overview } from '../../../core/control/overview.ts';
import type { LiveMessage } from '../live-message.ts';

/** BOUNDED: events shown. */
const MAX_EVENTS = 60;
const MAX_ATTEMPTS = 200;
const SECONDS = 600;
/** Data older than this may be out of date. */
export const STALE_MS = 5000;

export type Rates = {
  readonly until: number;
  readonly passed: readonly number[];
  readonly dropped: readonly number[];
};

/** Moments are on `performance.now()` unless stated otherwise. */
export type LiveState = {
  readonly host: string;
  readonly readOnly: boolean;
  readonly overview: Overview | undefined;
  readonly overviewAt: number;
  readonly attempts: readonly PendingAttempt[];
  readonly events: readonly FeedEvent[];
  readonly lost: number;
  readonly rates: Rates;
  readonly pulse: { readonly passed: number; readonly dropped: number } | undefined;
  readonly heardAt: number;
  /** By this machine's wall clock. */
  readonly heardWall: number;
  readonly trouble: Extract<LiveMessage, { readonly kind: 'trouble' }> | undefined;
  readonly isRefused: boolean;
};

export const NOTHING: LiveState = {
  host: '',
  readOnly: false,
  overview: undefined,
  overviewAt: 0,
  attempts: [],
  events: [],
  lost: 0,
  rates: { until: 0, passed: [], dropped: [] },
  pulse: undefined,
  heardAt: Number.NEGATIVE_INFINITY,
  heardWall: 0,
  trouble: undefined,
  isRefused: false,
};

export function applyMessage(state: LiveState, message: LiveMessage, now: number): LiveState {
  const heard = { heardAt: now, heardWall: Date.now(), trouble: undefined, isRefused: false };
  switch (message.kind) {
    case 'hello':
      return { ...state, host: message.host, readOnly: message.readOnly, isRefused: false };
    case 'past':
      return { ...state, events: merged(state.events, message.events) };
    case 'trouble':
      return { ...state, trouble: message, isRefused: false };
    case 'overview': {
      const { kind: _, ...overview } = message;
      const { attempts, rates } = overview;
      // The chart advances by itself. It is reloaded only if it has gaps or is empty.
      const isCurrent = state.rates.until > 0 && now - state.heardAt < STALE_MS;
      return {
        ...{ ...state, ...heard, overview, overviewAt: now, attempts },
        rates: isCurrent ? state.rates : rates,
      };
    }
    default:
      return applyPart({ ...state, ...heard }, message);
  }
}

function applyPart(state: LiveState, part: FollowPart): LiveState {
  const { events, lost = 0, pulse } = part;
  const next: LiveState = {
    ...state,
    lost: state.lost + lost,
    events: events.length === 0 ? state.events : merged(state.events, events),
    attempts: events.reduce(applyStep, state.attempts),
  };
  if (pulse === undefined) return next;
  const { passed, dropped } = pulse.packets;
  if (state.pulse === undefined) return { ...next, pulse: pulse.packets };
  const grown = (values: readonly number[], value: number): readonly number[] =>
    [...values, Math.max(0, value)].slice(-SECONDS);
  return {
    ...next,
    pulse: pulse.packets,
    rates: {
      until: pulse.now,
      passed: grown(state.rates.passed, passed - state.pulse.passed),
      dropped: grown(state.rates.dropped, dropped - state.pulse.dropped),
    },
  };
}

/** Newest first. `more`: oldest first; some of them may be there already, after a reconnection. */
function merged(shown: readonly FeedEvent[], more: readonly FeedEvent[]): readonly FeedEvent[] {
  const known = new Set(shown.map(({ cursor }) => cursor));
  const all = [...more.filter(({ cursor }) => !known.has(cursor)).toReversed(), ...shown];
  // By number, not by time: the host's clock may be set. Those of an earlier run of the daemon stay behind.
  const [run] = placeOf(all[0]);
  const [own, others] = [true, false].map((is) => all.filter((one) => (placeOf(one)[0] === run) === is));
  const sorted = (own ?? []).sort((a, b) => placeOf(b)[1] - placeOf(a)[1]);
  return [...sorted, ...(others ?? [])].slice(0, MAX_EVENTS);
}

function placeOf(event: FeedEvent | undefined): readonly [run: string, number: number] {
  const [run = '', number] = event?.cursor.split('-') ?? [];
  return [run, Number(number)];
}

/** Updates or removes an attempt by an event. The next overview has all of them. */
function applyStep(attempts: readonly PendingAttempt[], event: FeedEvent): readonly PendingAttempt[] {
  const { source, door, stage = 0, stages = 0, at } = event;
  if (source === undefined || door === undefined) return attempts;
  const others = attempts.filter((one) => one.source !== source || one.door !== door);
  if (event.event === 'stage' && stage < stages) {
    const since = attempts.find((one) => one.source === source && one.door === door)?.since ?? at;
    return [{ source, door, stage, stages, since }, ...others].slice(0, MAX_ATTEMPTS);
  }
  return ENDS.has(event.event) ? others : attempts;
}

const ENDS: ReadonlySet<string> = new Set(['stage', 'failed', 'expired', 'evicted', 'completed', 'withheld']);

import type { Pulse } from '../../core/control/feed-event.ts';
import type { Address } from '../../core/net/address.ts';
import { HELP } from './watch-help.ts';
import type { WatchPoll } from './watch-poll.ts';

/** Seconds that a sparkline covers. */
const HISTORY = 240;
/** More than a screen has lines for. */
const MAX_EVENTS = 200;

/** A selected row: a lease or an attempt. */
export type Choice = { readonly kind: 'lease' | 'attempt'; readonly door: string; readonly source: Address };

export type WatchAction =
  | { readonly kind: 'close'; readonly door: string; readonly source: Address }
  | { readonly kind: 'extend'; readonly door: string; readonly source: Address }
  | { readonly kind: 'ban'; readonly source: Address }
  | { readonly kind: 'explain'; readonly source: Address }
  | { readonly kind: 'quit' | 'suspend' };

/** Something that has happened. `day`: the time of day as a text. */
export type WatchEvent = {
  readonly day: string;
  readonly text: string;
  readonly level: 'error' | 'warning' | 'notice';
};

export type WatchState = {
  /** The viewer's own address, so that he does not ban himself by accident. */
  readonly own: Address | undefined;
  /** The last successful one. */
  readonly poll: WatchPoll | undefined;
  /** Packet counters of the last second, since the daemon's start. */
  readonly pulse: Pulse['packets'] | undefined;
  /** Packets per second, the newest last. */
  readonly packets: readonly number[];
  readonly dropped: readonly number[];
  /** The latest, the newest last. */
  readonly events: readonly WatchEvent[];
  readonly chosen: Choice | undefined;
  /** The result of the last key, or why the daemon does not answer. */
  readonly message: string | undefined;
  /** Waits for y or n. */
  readonly asked: Extract<WatchAction, { kind: 'ban' }> | undefined;
  /** Shown instead of everything else until a key is pressed. */
  readonly page: readonly string[] | undefined;
};

export const EMPTY_WATCH: WatchState = {
  own: undefined,
  poll: undefined,
  pulse: undefined,
  packets: [],
  dropped: [],
  events: [],
  chosen: undefined,
  message: undefined,
  asked: undefined,
  page: undefined,
};

/** Adds a poll to the state. The daemon's packet history takes precedence over what was seen here. */
export function addPoll(state: WatchState, poll: WatchPoll): WatchState {
  const { passed, dropped } = poll.rates;
  const next = { ...state, poll, packets: passed.slice(-HISTORY), dropped: dropped.slice(-HISTORY) };
  const chosen = choicesOf(poll).find((each) => isSameChoice(each, state.chosen));
  return { ...next, chosen: chosen ?? choicesOf(poll)[0] };
}

/** Adds one second of the daemon's counters. */
export function addPulse(state: WatchState, { packets, attempts, leases }: Pulse): WatchState {
  const { poll, pulse } = state;
  const grown = (values: readonly number[], of: 'passed' | 'dropped'): readonly number[] =>
    pulse === undefined ? values : [...values, Math.max(0, packets[of] - pulse[of])].slice(-HISTORY);
  const next = {
    ...state,
    pulse: packets,
    packets: grown(state.packets, 'passed'),
    dropped: grown(state.dropped, 'dropped'),
  };
  if (poll === undefined) return next;
  const status = { ...poll.status, attempts, leases: { ...poll.status.leases, open: leases } };
  return { ...next, poll: { ...poll, status } };
}

export const addEvents = (state: WatchState, events: readonly WatchEvent[]): WatchState => ({
  ...state,
  events: [...state.events, ...events].slice(-MAX_EVENTS),
});

/** The rows that can be selected, in screen order. */
export function choicesOf({ leases, attempts }: WatchPoll): readonly Choice[] {
  return [
    ...leases.map(({ door, source }) => ({ kind: 'lease', door, source }) as const),
    ...attempts.map(({ door, source }) => ({ kind: 'attempt', door, source }) as const),
  ];
}

/** The effect of a key. `key`: its name, as in node:readline. */
export function pressKey(
  state: WatchState,
  key: string,
): { readonly state: WatchState; readonly action?: WatchAction } {
  if (key === 'ctrl-c' || key === 'q') return { state, action: { kind: 'quit' } };
  if (key === 'ctrl-z') return { state, action: { kind: 'suspend' } };
  if (state.page !== undefined) return { state: { ...state, page: undefined } };
  const { asked, chosen } = state;
  const plain: WatchState = { ...state, asked: undefined, message: undefined };
  if (asked !== undefined) return key === 'y' ? { state: plain, action: asked } : { state: plain };
  if (key === '?' || key === 'h') return { state: { ...plain, page: HELP } };
  if (key === 'up' || key === 'k') return { state: move(plain, -1) };
  if (key === 'down' || key === 'j') return { state: move(plain, 1) };
  if (chosen === undefined) return { state: plain };
  return pressOn(plain, chosen, key);
}

function pressOn(
  state: WatchState,
  { kind, door, source }: Choice,
  key: string,
): { readonly state: WatchState; readonly action?: WatchAction } {
  if (key === 'x' || key === 'return') return { state, action: { kind: 'explain', source } };
  if (key === 'b' && source === state.own) {
    const message = `${source} is your own address: use bussa ban --force to ban it`;
    return { state: { ...state, message } };
  }
  if (key === 'b') {
    const message = `ban ${source}? closes its doors and ignores its knocks. [y/N]`;
    return { state: { ...state, asked: { kind: 'ban', source }, message } };
  }
  if (key !== 'c' && key !== 'e') return { state };
  if (kind === 'attempt')
    return { state: { ...state, message: 'nothing is open there: select an open door' } };
  return { state, action: { kind: key === 'c' ? 'close' : 'extend', door, source } };
}

function move(state: WatchState, by: 1 | -1): WatchState {
  if (state.poll === undefined) return state;
  const choices = choicesOf(state.poll);
  const at = choices.findIndex((each) => isSameChoice(each, state.chosen));
  const next = choices[Math.min(choices.length - 1, Math.max(0, at + by))];
  return { ...state, chosen: next };
}

export const isSameChoice = (one: Choice | undefined, other: Choice | undefined): boolean =>
  one?.kind === other?.kind && one?.door === other?.door && one?.source === other?.source;

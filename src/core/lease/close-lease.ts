import { after, type Instant, millis } from '../net/time.ts';
import { closePorts, type RollbackStep, retry, runStop } from './closing-steps.ts';
import { hold } from './extend-lease.ts';
import type { LeaseEnd } from './lease.ts';
import type { StartState } from './lease-state.ts';
import type { Entry } from './lease-table.ts';
import { forget, type LeaseTurn, moveTo, writeEnd } from './lease-turn.ts';

/** A failed closing is retried after this time, then after twice as long each time, up to the longest gap. */
const FIRST_GAP_MS = 1_000;
const LONGEST_GAP_MS = 60_000;

/**
 * While the daemon stops, a stop command that was cut off is repeated at most this often; then it is left to the next
 * start.
 */
const RETRIES_AT_STOP = 3;

/** The lease is due: its end, or the next retry. */
export function due(turn: LeaseTurn, entry: Entry): void {
  const { state, lease } = entry;
  if (state.at !== 'open') retry(turn, entry);
  else if (lease.opened?.hold !== true || turn.isStopping) close(turn, entry, state.start, 'expired');
  else {
    moveTo(turn, entry, { ...state, at: 'checking-hold' });
    turn.effects.push({ do: 'check-hold', lease });
  }
}

export function holdChecked(turn: LeaseTurn, entry: Entry, lives: boolean): void {
  const { state } = entry;
  if (state.at !== 'checking-hold') return;
  if (lives && !turn.isStopping) hold(turn, entry);
  else close(turn, entry, state.start, 'expired');
}

/**
 * Ends the lease now, or as soon as it has opened. If it is already closing, it continues without waiting for its next
 * retry.
 */
export function closeNow(turn: LeaseTurn, entry: Entry, how: LeaseEnd): void {
  const { state } = entry;
  switch (state.at) {
    case 'recording':
    case 'opening-ports':
    case 'starting':
      moveTo(turn, entry, { ...state, ends: how });
      return;
    case 'open':
    case 'checking-hold':
      close(turn, entry, state.start, how);
      return;
    default:
      retry(turn, entry);
  }
}

/** The same on the operator's command. `by`: the operator's name. */
export function closeByOrder(turn: LeaseTurn, entry: Entry, by: string | undefined): void {
  const lease = by === undefined ? entry.lease : { ...entry.lease, closedBy: by };
  closeNow(turn, { ...entry, lease }, 'closed');
}

export function close(turn: LeaseTurn, entry: Entry, start: StartState, how: LeaseEnd): void {
  if (entry.lease.opened !== undefined) closePorts(turn, entry, { how, start, tries: 0 });
  else portsGone(turn, entry, start, how);
}

export function portsClosed(turn: LeaseTurn, entry: Entry, cut: number): void {
  const { state, lease } = entry;
  if (state.at === 'undoing') {
    undone(turn, entry, state);
    return;
  }
  if (state.at !== 'closing-ports') return;
  turn.effects.push({ do: 'report', news: { kind: 'ports-closed', lease, how: state.how, cut } });
  portsGone(turn, entry, state.start, state.how);
}

export function closeRefused(turn: LeaseTurn, entry: Entry): void {
  const { state } = entry;
  if (state.at === 'undoing') {
    // Ports that the firewall refused to open are not open. At a stop all of Bussa's rules are removed anyway.
    if (!state.wereOpen || turn.isStopping) undone(turn, entry, state);
    else moveTo(turn, entry, { ...state, ...retryLater(turn, entry, state.tries), at: 'retrying-undo' });
    return;
  }
  if (state.at !== 'closing-ports') return;
  if (turn.isStopping) forget(turn, entry);
  else moveTo(turn, entry, { ...state, ...retryLater(turn, entry, state.tries), at: 'retrying-ports' });
}

function undone(turn: LeaseTurn, entry: Entry, { how, isRecorded }: RollbackStep): void {
  if (isRecorded) writeEnd(turn, entry, how, turn.now);
  else forget(turn, entry);
}

/** The stop command must not run before the start command has ended. */
function portsGone(turn: LeaseTurn, entry: Entry, start: StartState, how: LeaseEnd): void {
  const closed = turn.now;
  if (start === 'running') moveTo(turn, entry, { at: 'awaiting-start', how, closed });
  else beginStop(turn, entry, how, closed);
}

function beginStop(turn: LeaseTurn, entry: Entry, how: LeaseEnd, closed: Instant): void {
  if (entry.lease.stop === '') {
    over(turn, entry, how, closed);
    return;
  }
  runStop(turn, entry, { how, closed, tries: 0 });
}

/** The start command has ended. */
export function started(turn: LeaseTurn, entry: Entry, failure: string | undefined): void {
  const { state } = entry;
  const noted = noteStart(turn, entry, failure);
  switch (state.at) {
    case 'starting': {
      const moved = moveTo(turn, noted, { at: 'open', start: 'ended', isHeld: false });
      if (state.ends !== undefined) close(turn, moved, 'ended', state.ends);
      else if (turn.isStopping) close(turn, moved, 'ended', 'stopped');
      return;
    }
    case 'open':
    case 'checking-hold':
    case 'closing-ports':
    case 'retrying-ports':
      moveTo(turn, noted, { ...state, start: 'ended' });
      return;
    case 'awaiting-start':
      beginStop(turn, noted, state.how, state.closed);
      return;
    default:
  }
}

/** The failure of a start command belongs to the lease, across restarts too. */
function noteStart(turn: LeaseTurn, entry: Entry, failure: string | undefined): Entry {
  const { startFailure, ...rest } = entry.lease;
  if (failure === startFailure) return entry;
  const lease = failure === undefined ? rest : { ...rest, startFailure: failure };
  turn.effects.push({ do: 'note-start', lease });
  return { ...entry, lease };
}

/** A stop command that was cut off may have closed nothing: it is repeated until it ends by itself. */
export function stopped(turn: LeaseTurn, entry: Entry, isCutOff: boolean, failure: string | undefined): void {
  const { state } = entry;
  if (state.at !== 'stopping') return;
  const { how, closed, tries } = state;
  const last = failure ?? state.failure;
  const words = last === undefined ? {} : { failure: last };
  if (!isCutOff) over(turn, entry, how, closed, last);
  else if (state.isAwaited === true) runStop(turn, entry, { how, closed, tries: 1, ...words });
  else if (turn.isStopping && tries >= RETRIES_AT_STOP) forget(turn, entry);
  else {
    const next = retryLater(turn, entry, tries);
    moveTo(turn, entry, { at: 'retrying-stop', how, closed, ...words, ...next });
  }
}

function over(turn: LeaseTurn, entry: Entry, how: LeaseEnd, closed: Instant, failure?: string): void {
  turn.effects.push({ do: 'report', news: { kind: 'closed', lease: entry.lease } });
  writeEnd(turn, entry, how, closed, failure);
}

export function endWritten(turn: LeaseTurn, entry: Entry): void {
  if (entry.state.at === 'writing-end') forget(turn, entry);
}

/** Reports that the closing failed. Returns the time of the next retry. */
function retryLater(turn: LeaseTurn, { lease }: Entry, before: number): { tries: number; from: Instant } {
  const tries = before + 1;
  const wait = millis(Math.min(FIRST_GAP_MS * 2 ** Math.min(before, 16), LONGEST_GAP_MS));
  turn.effects.push({ do: 'report', news: { kind: 'not-closed', lease, tries, wait } });
  return { tries, from: after(turn.now, wait) };
}

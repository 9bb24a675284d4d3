import { after, type Instant, millis } from '../net/time.ts';
import { closePorts, type RollbackStep, retry, runStop } from './closing-steps.ts';
import { hold } from './extend-lease.ts';
import type { LeaseEnd } from './lease.ts';
import type { StartState } from './lease-state.ts';
import type { Entry } from './lease-table.ts';
import { forget, type LeaseTransition, moveTo, writeEnd } from './lease-transition.ts';

/** A failed closing is retried after this time, then after twice as long each time, up to the longest gap. */
const FIRST_GAP_MS = 1_000;
const LONGEST_GAP_MS = 60_000;

/**
 * While the daemon stops, a stop command that was cut off is repeated at most this often; then it is left to the next
 * start.
 */
const RETRIES_AT_STOP = 3;

/** The lease is due: its end, or the next retry. */
export function due(transition: LeaseTransition, entry: Entry): void {
  const { state, lease } = entry;
  if (state.at !== 'open') retry(transition, entry);
  else if (lease.opened?.hold !== true || transition.isStopping)
    close(transition, entry, state.start, 'expired');
  else {
    moveTo(transition, entry, { ...state, at: 'checking-hold' });
    transition.effects.push({ do: 'check-hold', lease });
  }
}

export function holdChecked(transition: LeaseTransition, entry: Entry, lives: boolean): void {
  const { state } = entry;
  if (state.at !== 'checking-hold') return;
  if (lives && !transition.isStopping) hold(transition, entry);
  else close(transition, entry, state.start, 'expired');
}

/**
 * Ends the lease now, or as soon as it has opened. If it is already closing, it continues without waiting for its next
 * retry.
 */
export function closeNow(transition: LeaseTransition, entry: Entry, how: LeaseEnd): void {
  const { state } = entry;
  switch (state.at) {
    case 'recording':
    case 'opening-ports':
    case 'starting':
      moveTo(transition, entry, { ...state, ends: how });
      return;
    case 'open':
    case 'checking-hold':
      close(transition, entry, state.start, how);
      return;
    default:
      retry(transition, entry);
  }
}

/** The same on the operator's command. `by`: the operator's name. */
export function closeByOrder(transition: LeaseTransition, entry: Entry, by: string | undefined): void {
  const lease = by === undefined ? entry.lease : { ...entry.lease, closedBy: by };
  closeNow(transition, { ...entry, lease }, 'closed');
}

export function close(transition: LeaseTransition, entry: Entry, start: StartState, how: LeaseEnd): void {
  if (entry.lease.opened !== undefined) closePorts(transition, entry, { how, start, tries: 0 });
  else portsGone(transition, entry, start, how);
}

export function portsClosed(transition: LeaseTransition, entry: Entry, cut: number): void {
  const { state, lease } = entry;
  if (state.at === 'undoing') {
    undone(transition, entry, state);
    return;
  }
  if (state.at !== 'closing-ports') return;
  transition.effects.push({ do: 'report', notice: { kind: 'ports-closed', lease, how: state.how, cut } });
  portsGone(transition, entry, state.start, state.how);
}

export function closeRefused(transition: LeaseTransition, entry: Entry): void {
  const { state } = entry;
  if (state.at === 'undoing') {
    // Ports that the firewall refused to open are not open. At a stop all of Bussa's rules are removed anyway.
    if (!state.wereOpen || transition.isStopping) undone(transition, entry, state);
    else
      moveTo(transition, entry, {
        ...state,
        ...retryLater(transition, entry, state.tries),
        at: 'retrying-undo',
      });
    return;
  }
  if (state.at !== 'closing-ports') return;
  if (transition.isStopping) forget(transition, entry);
  else
    moveTo(transition, entry, {
      ...state,
      ...retryLater(transition, entry, state.tries),
      at: 'retrying-ports',
    });
}

function undone(transition: LeaseTransition, entry: Entry, { how, isRecorded }: RollbackStep): void {
  if (isRecorded) writeEnd(transition, entry, how, transition.now);
  else forget(transition, entry);
}

/** The stop command must not run before the start command has ended. */
function portsGone(transition: LeaseTransition, entry: Entry, start: StartState, how: LeaseEnd): void {
  const closed = transition.now;
  if (start === 'running') moveTo(transition, entry, { at: 'awaiting-start', how, closed });
  else beginStop(transition, entry, how, closed);
}

function beginStop(transition: LeaseTransition, entry: Entry, how: LeaseEnd, closed: Instant): void {
  if (entry.lease.stop === '') {
    over(transition, entry, how, closed);
    return;
  }
  runStop(transition, entry, { how, closed, tries: 0 });
}

/** The start command has ended. */
export function started(transition: LeaseTransition, entry: Entry, failure: string | undefined): void {
  const { state } = entry;
  const noted = noteStart(transition, entry, failure);
  switch (state.at) {
    case 'starting': {
      const moved = moveTo(transition, noted, { at: 'open', start: 'ended', isHeld: false });
      if (state.ends !== undefined) close(transition, moved, 'ended', state.ends);
      else if (transition.isStopping) close(transition, moved, 'ended', 'stopped');
      return;
    }
    case 'open':
    case 'checking-hold':
    case 'closing-ports':
    case 'retrying-ports':
      moveTo(transition, noted, { ...state, start: 'ended' });
      return;
    case 'awaiting-start':
      beginStop(transition, noted, state.how, state.closed);
      return;
    default:
  }
}

/** The failure of a start command belongs to the lease, across restarts too. */
function noteStart(transition: LeaseTransition, entry: Entry, failure: string | undefined): Entry {
  const { startFailure, ...rest } = entry.lease;
  if (failure === startFailure) return entry;
  const lease = failure === undefined ? rest : { ...rest, startFailure: failure };
  transition.effects.push({ do: 'note-start', lease });
  return { ...entry, lease };
}

/** A stop command that was cut off may have closed nothing: it is repeated until it ends by itself. */
export function stopped(
  transition: LeaseTransition,
  entry: Entry,
  isCutOff: boolean,
  failure: string | undefined,
): void {
  const { state } = entry;
  if (state.at !== 'stopping') return;
  const { how, closed, tries } = state;
  const last = failure ?? state.failure;
  const words = last === undefined ? {} : { failure: last };
  if (!isCutOff) over(transition, entry, how, closed, last);
  else if (state.isAwaited === true) runStop(transition, entry, { how, closed, tries: 1, ...words });
  else if (transition.isStopping && tries >= RETRIES_AT_STOP) forget(transition, entry);
  else {
    const next = retryLater(transition, entry, tries);
    moveTo(transition, entry, { at: 'retrying-stop', how, closed, ...words, ...next });
  }
}

function over(
  transition: LeaseTransition,
  entry: Entry,
  how: LeaseEnd,
  closed: Instant,
  failure?: string,
): void {
  transition.effects.push({ do: 'report', notice: { kind: 'closed', lease: entry.lease } });
  writeEnd(transition, entry, how, closed, failure);
}

export function endWritten(transition: LeaseTransition, entry: Entry): void {
  if (entry.state.at === 'writing-end') forget(transition, entry);
}

/** Reports that the closing failed. Returns the time of the next retry. */
function retryLater(
  transition: LeaseTransition,
  { lease }: Entry,
  before: number,
): { tries: number; from: Instant } {
  const tries = before + 1;
  const wait = millis(Math.min(FIRST_GAP_MS * 2 ** Math.min(before, 16), LONGEST_GAP_MS));
  transition.effects.push({ do: 'report', notice: { kind: 'not-closed', lease, tries, wait } });
  return { tries, from: after(transition.now, wait) };
}

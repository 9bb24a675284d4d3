import { after, type Instant, instant, type Millis, millis, since } from '../net/time.ts';
import { retry } from './closing-steps.ts';
import { hasSameHolder, joinedBy } from './holders.ts';
import type { Lease } from './lease.ts';
import type { LeaseState, PendingRequest } from './lease-state.ts';
import type { Entry } from './lease-table.ts';
import { answer, type LeaseTransition, moveTo } from './lease-transition.ts';

/**
 * A new end is stored, and passed to the kernel, only if it is later by this much, so that a flood of knocks causes no
 * more work.
 */
const WRITE_MS = 1000;

/**
 * A lease held by a connection is extended to this far ahead, and again when half of it has passed. This is how long
 * the kernel keeps it open after the daemon's death.
 */
export const HOLD_MS = millis(30_000);

type OpenState = Extract<LeaseState, { at: 'open' | 'checking-hold' }>;

/** A knock or an operator's command for a door that is open, opening or closing for the source. */
export function repeatRequest(transition: LeaseTransition, entry: Entry, asked: PendingRequest): void {
  const { state } = entry;
  switch (state.at) {
    case 'recording':
    case 'opening-ports':
    case 'starting':
      lengthenOpening(transition, entry, state, asked);
      return;
    case 'open':
    case 'checking-hold':
      lengthenOpen(transition, entry, state, asked);
      return;
    default:
      answer(transition, asked.ticket, { kind: 'after-close' });
      // Somebody is waiting: retry the failed closing now.
      retry(transition, moveTo(transition, entry, state, { next: asked.openRequest }));
      return;
  }
}

/**
 * A reason to end it as soon as it is open still applies, except the operator's close command: the knock came later.
 */
function lengthenOpening(
  transition: LeaseTransition,
  entry: Entry,
  state: Extract<LeaseState, { at: 'recording' | 'opening-ports' | 'starting' }>,
  asked: PendingRequest,
): void {
  const { ends, ...rest } = state;
  const isOver = ends === undefined || ends === 'closed' || ends === 'revoked';
  const kept = isOver ? rest : { ...rest, ends };
  const end = after(transition.now, asked.openRequest.door.opening.cmdTimeout);
  const lease = joinedBy(laterBy(entry.lease, end), asked.openRequest);
  const moved = moveTo(transition, entry, kept, { lease });
  if (state.at === 'starting' && (isWorthWriting(moved) || !hasSameHolder(lease, entry.lease)))
    writeLonger(transition, moved);
  answer(transition, asked.ticket, { kind: 'extended', lease: moved.lease });
}

function lengthenOpen(
  transition: LeaseTransition,
  entry: Entry,
  state: OpenState,
  asked: PendingRequest,
): void {
  const { effects } = transition;
  const { lease } = entry;
  const end = after(transition.now, asked.openRequest.door.opening.cmdTimeout);
  const runsStart = lease.startFailure !== undefined && state.start === 'ended' && asked.start !== undefined;
  const start = runsStart ? 'running' : state.start;
  // A connection's hold starts anew from this knock, as for all other leases; the next check extends it again.
  const later = state.isHeld ? { ...lease, due: end } : laterBy(lease, end);
  const longer = joinedBy(later, asked.openRequest);
  const moved = moveTo(transition, entry, { at: 'open', start, isHeld: false }, { lease: longer });
  if (state.isHeld || !hasSameHolder(longer, lease) || isWorthWriting(moved)) writeLonger(transition, moved);
  else if (lease.opened?.singleUse === true) {
    // The end does not change, but the single use may be spent, and this is a new one.
    effects.push({ do: 'extend-ports', lease: moved.lease });
  }
  if (runsStart)
    effects.push({ do: 'run-start', lease: moved.lease, command: asked.start ?? '', again: true });
  answer(transition, asked.ticket, { kind: 'extended', lease: moved.lease });
}

/** By the operator's command. A lease held by a connection is extended from now on. A single use is not renewed. */
export function extend(transition: LeaseTransition, entry: Entry, length: Millis): void {
  const { state, lease } = entry;
  if (state.at !== 'open' && state.at !== 'checking-hold') return;
  const from = state.isHeld || lease.due < transition.now ? transition.now : lease.due;
  const longer = { ...lease, due: after(from, length) };
  const moved = moveTo(
    transition,
    entry,
    { at: 'open', start: state.start, isHeld: false },
    { lease: longer },
  );
  report(transition, moved, lease.opened?.singleUse === true ? 'renew-ports' : 'extend-ports');
}

/** A connection made through it lives: it must not end within the next seconds. */
export function hold(transition: LeaseTransition, entry: Entry): void {
  const { state, lease } = entry;
  if (transition.isStopping || lease.opened?.hold !== true) return;
  if (state.at === 'checking-hold' || (state.at === 'open' && since(transition.now, lease.due) < HOLD_MS / 2))
    prolong(transition, entry, state);
}

function prolong(transition: LeaseTransition, entry: Entry, state: OpenState): void {
  const { effects } = transition;
  const held = laterBy(entry.lease, after(transition.now, HOLD_MS));
  const changes = { lease: held, written: held.due };
  const { lease } = moveTo(transition, entry, { at: 'open', start: state.start, isHeld: true }, changes);
  if (!state.isHeld) effects.push({ do: 'report', notice: { kind: 'held', lease } });
  // Opening the ports again would let in another connection.
  if (lease.opened?.singleUse !== true) effects.push({ do: 'extend-ports', lease });
  effects.push({ do: 'move-end', lease, length: HOLD_MS });
}

/**
 * The holders change; the end stays. If the lease is not recorded yet, it is recorded with the new ones, or changed
 * afterwards.
 */
export function changeHolders(transition: LeaseTransition, entry: Entry, lease: Lease): void {
  const { at } = entry.state;
  moveTo(transition, entry, entry.state, { lease });
  if (at !== 'starting' && at !== 'open' && at !== 'checking-hold') return;
  transition.effects.push({
    do: 'move-end',
    lease,
    length: millis(Math.max(0, since(transition.now, lease.due))),
  });
}

/** Stores the later end, and keeps the ports open until then. */
export function writeLonger(transition: LeaseTransition, entry: Entry): void {
  report(transition, entry, 'extend-ports');
}

function report(transition: LeaseTransition, entry: Entry, ports: 'extend-ports' | 'renew-ports'): void {
  const { effects, now } = transition;
  const { lease } = moveTo(transition, entry, entry.state, { written: entry.lease.due });
  effects.push({ do: 'report', notice: { kind: 'extended', lease } });
  if (lease.opened !== undefined) {
    effects.push({ do: 'follow', lease, again: true });
    effects.push(ports === 'renew-ports' ? { do: ports } : { do: ports, lease });
  }
  effects.push({ do: 'move-end', lease, length: millis(Math.max(0, since(now, lease.due))) });
}

function isWorthWriting({ lease, written }: Entry): boolean {
  return written === undefined || lease.due - written >= WRITE_MS;
}

function laterBy(lease: Lease, due: Instant): Lease {
  return due > lease.due ? { ...lease, due: instant(due) } : lease;
}

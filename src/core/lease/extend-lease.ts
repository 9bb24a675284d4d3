import { after, type Instant, instant, type Millis, millis, since } from '../net/time.ts';
import { retry } from './closing-steps.ts';
import { hasSameHolder, joinedBy } from './holders.ts';
import type { Lease } from './lease.ts';
import type { Asked, LeaseState } from './lease-state.ts';
import type { Entry } from './lease-table.ts';
import { answer, type LeaseTurn, moveTo } from './lease-turn.ts';

/** A new end is written down, and told to the kernel, when it is later by so much: no flood of knocks makes more work. */
const WRITE_MS = 1000;

/**
 * A lease that a connection holds is kept open for so long ahead, and again when half of it is over: that is how long
 * the kernel leaves it open after the daemon's death.
 */
export const HOLD_MS = millis(30_000);

type OpenState = Extract<LeaseState, { at: 'open' | 'checking-hold' }>;

/** A knock, or the operator's order, for a door that is open to the source, or is being opened or closed. */
export function repeatRequest(turn: LeaseTurn, entry: Entry, asked: Asked): void {
  const { state } = entry;
  switch (state.at) {
    case 'recording':
    case 'opening-ports':
    case 'starting':
      lengthenOpening(turn, entry, state, asked);
      return;
    case 'open':
    case 'checking-hold':
      lengthenOpen(turn, entry, state, asked);
      return;
    default:
      answer(turn, asked.ticket, { kind: 'after-close' });
      // Somebody waits for it: what could not be closed is tried now.
      retry(turn, moveTo(turn, entry, state, { next: asked.demand }));
      return;
  }
}

/** What ends it as soon as it is open still does, but for the operator's order to close: the knock came after that. */
function lengthenOpening(
  turn: LeaseTurn,
  entry: Entry,
  state: Extract<LeaseState, { at: 'recording' | 'opening-ports' | 'starting' }>,
  asked: Asked,
): void {
  const { ends, ...rest } = state;
  const isOver = ends === undefined || ends === 'closed' || ends === 'revoked';
  const kept = isOver ? rest : { ...rest, ends };
  const end = after(turn.now, asked.demand.door.opening.cmdTimeout);
  const lease = joinedBy(laterBy(entry.lease, end), asked.demand);
  const moved = moveTo(turn, entry, kept, { lease });
  if (state.at === 'starting' && (isWorthWriting(moved) || !hasSameHolder(lease, entry.lease)))
    writeLonger(turn, moved);
  answer(turn, asked.ticket, { kind: 'extended', lease: moved.lease });
}

function lengthenOpen(turn: LeaseTurn, entry: Entry, state: OpenState, asked: Asked): void {
  const { effects } = turn;
  const { lease } = entry;
  const end = after(turn.now, asked.demand.door.opening.cmdTimeout);
  const runsStart = lease.startFailure !== undefined && state.start === 'ended' && asked.start !== undefined;
  const start = runsStart ? 'running' : state.start;
  // What a connection holds counts from this knock on, like all others: the next look holds it again.
  const later = state.isHeld ? { ...lease, due: end } : laterBy(lease, end);
  const longer = joinedBy(later, asked.demand);
  const moved = moveTo(turn, entry, { at: 'open', start, isHeld: false }, { lease: longer });
  if (state.isHeld || !hasSameHolder(longer, lease) || isWorthWriting(moved)) writeLonger(turn, moved);
  else if (lease.opened?.singleUse === true) {
    // It lasts as long as before, but its use may be spent, and here is a new one.
    effects.push({ do: 'extend-ports', lease: moved.lease });
  }
  if (runsStart)
    effects.push({ do: 'run-start', lease: moved.lease, command: asked.start ?? '', again: true });
  answer(turn, asked.ticket, { kind: 'extended', lease: moved.lease });
}

/** By the operator's word; what a connection holds, from now on. Not one single use more than it had left. */
export function extend(turn: LeaseTurn, entry: Entry, length: Millis): void {
  const { state, lease } = entry;
  if (state.at !== 'open' && state.at !== 'checking-hold') return;
  const from = state.isHeld || lease.due < turn.now ? turn.now : lease.due;
  const longer = { ...lease, due: after(from, length) };
  const moved = moveTo(turn, entry, { at: 'open', start: state.start, isHeld: false }, { lease: longer });
  report(turn, moved, lease.opened?.singleUse === true ? 'renew-ports' : 'extend-ports');
}

/** A connection made through it lives: it does not end within the next seconds. */
export function hold(turn: LeaseTurn, entry: Entry): void {
  const { state, lease } = entry;
  if (turn.isStopping || lease.opened?.hold !== true) return;
  if (state.at === 'checking-hold' || (state.at === 'open' && since(turn.now, lease.due) < HOLD_MS / 2))
    prolong(turn, entry, state);
}

function prolong(turn: LeaseTurn, entry: Entry, state: OpenState): void {
  const { effects } = turn;
  const held = laterBy(entry.lease, after(turn.now, HOLD_MS));
  const changes = { lease: held, written: held.due };
  const { lease } = moveTo(turn, entry, { at: 'open', start: state.start, isHeld: true }, changes);
  if (!state.isHeld) effects.push({ do: 'report', news: { kind: 'held', lease } });
  // To open the ports once more would let another connection in.
  if (lease.opened?.singleUse !== true) effects.push({ do: 'extend-ports', lease });
  effects.push({ do: 'move-end', lease, length: HOLD_MS });
}

/** Others hold it from now on; its end stays. What is not recorded yet is recorded so, or changed as soon as it is. */
export function changeHolders(turn: LeaseTurn, entry: Entry, lease: Lease): void {
  const { at } = entry.state;
  moveTo(turn, entry, entry.state, { lease });
  if (at !== 'starting' && at !== 'open' && at !== 'checking-hold') return;
  turn.effects.push({ do: 'move-end', lease, length: millis(Math.max(0, since(turn.now, lease.due))) });
}

/** Writes its later end down, and has its ports stay open. */
export function writeLonger(turn: LeaseTurn, entry: Entry): void {
  report(turn, entry, 'extend-ports');
}

function report(turn: LeaseTurn, entry: Entry, ports: 'extend-ports' | 'renew-ports'): void {
  const { effects, now } = turn;
  const { lease } = moveTo(turn, entry, entry.state, { written: entry.lease.due });
  effects.push({ do: 'report', news: { kind: 'extended', lease } });
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

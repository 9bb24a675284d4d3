import type { Instant } from '../net/time.ts';
import type { LeaseEnd } from './lease.ts';
import type { StartState } from './lease-state.ts';
import type { Entry } from './lease-table.ts';
import { type LeaseTurn, moveTo } from './lease-turn.ts';

/** Runs a pending retry now. */
export function retry(turn: LeaseTurn, entry: Entry): void {
  const { state } = entry;
  if (state.at === 'retrying-undo') undo(turn, entry, state);
  if (state.at === 'retrying-ports') closePorts(turn, entry, state);
  if (state.at === 'retrying-stop') runStop(turn, entry, state);
}

type Closing = { readonly how: LeaseEnd; readonly start: StartState; readonly tries: number };

export function closePorts(turn: LeaseTurn, entry: Entry, { how, start, tries }: Closing): void {
  const { lease } = moveTo(turn, entry, { at: 'closing-ports', how, start, tries });
  turn.effects.push({ do: 'close-ports', lease, how });
}

export type RollbackStep = {
  readonly how: LeaseEnd;
  readonly isRecorded: boolean;
  readonly wereOpen: boolean;
  readonly tries: number;
};

function undo(turn: LeaseTurn, entry: Entry, { how, isRecorded, wereOpen, tries }: RollbackStep): void {
  const { lease } = moveTo(turn, entry, { at: 'undoing', how, isRecorded, wereOpen, tries });
  turn.effects.push({ do: 'undo-ports', lease });
}

type Stopping = {
  readonly how: LeaseEnd;
  readonly closed: Instant;
  readonly tries: number;
  readonly failure?: string;
};

export function runStop(turn: LeaseTurn, entry: Entry, { how, closed, tries, failure }: Stopping): void {
  const last = failure === undefined ? {} : { failure };
  const { lease } = moveTo(turn, entry, { at: 'stopping', how, closed, tries, ...last });
  if (tries === 0) turn.effects.push({ do: 'report', news: { kind: 'stop-due', lease } });
  turn.effects.push({ do: 'run-stop', lease, again: tries > 0 });
}

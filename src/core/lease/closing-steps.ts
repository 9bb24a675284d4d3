import type { Instant } from '../net/time.ts';
import type { LeaseEnd } from './lease.ts';
import type { StartState } from './lease-state.ts';
import type { Entry } from './lease-table.ts';
import { type LeaseTransition, moveTo } from './lease-transition.ts';

/** Runs a pending retry now. */
export function retry(transition: LeaseTransition, entry: Entry): void {
  const { state } = entry;
  if (state.at === 'retrying-undo') undo(transition, entry, state);
  if (state.at === 'retrying-ports') closePorts(transition, entry, state);
  if (state.at === 'retrying-stop') runStop(transition, entry, state);
}

type Closing = { readonly how: LeaseEnd; readonly start: StartState; readonly tries: number };

export function closePorts(transition: LeaseTransition, entry: Entry, { how, start, tries }: Closing): void {
  const { lease } = moveTo(transition, entry, { at: 'closing-ports', how, start, tries });
  transition.effects.push({ do: 'close-ports', lease, how });
}

export type RollbackStep = {
  readonly how: LeaseEnd;
  readonly isRecorded: boolean;
  readonly wereOpen: boolean;
  readonly tries: number;
};

function undo(
  transition: LeaseTransition,
  entry: Entry,
  { how, isRecorded, wereOpen, tries }: RollbackStep,
): void {
  const { lease } = moveTo(transition, entry, { at: 'undoing', how, isRecorded, wereOpen, tries });
  transition.effects.push({ do: 'undo-ports', lease });
}

type Stopping = {
  readonly how: LeaseEnd;
  readonly closed: Instant;
  readonly tries: number;
  readonly failure?: string;
};

export function runStop(
  transition: LeaseTransition,
  entry: Entry,
  { how, closed, tries, failure }: Stopping,
): void {
  const last = failure === undefined ? {} : { failure };
  const { lease } = moveTo(transition, entry, { at: 'stopping', how, closed, tries, ...last });
  if (tries === 0) transition.effects.push({ do: 'report', notice: { kind: 'stop-due', lease } });
  transition.effects.push({ do: 'run-stop', lease, again: tries > 0 });
}

import { type Instant, instant, since } from '../net/time.ts';
import type { LeaseEnd } from './lease.ts';
import type { LeaseEffect, OpenOutcome } from './lease-effect.ts';
import type { LeaseState, PendingRequest } from './lease-state.ts';
import { phaseOf } from './lease-state.ts';
import type { Entry, LeaseTable } from './lease-table.ts';

/** The processing of one input: the leases, the time, and the effects so far. */
export type LeaseTransition = {
  readonly table: LeaseTable;
  readonly now: Instant;
  readonly effects: LeaseEffect[];
  readonly isStopping: boolean;
};

/** Changes the lease's state. */
export function moveTo(
  transition: LeaseTransition,
  entry: Entry,
  state: LeaseState,
  changes: Partial<Entry> = {},
): Entry {
  const lease = changes.lease ?? entry.lease;
  const phase = phaseOf(state);
  const moved = {
    ...entry,
    ...changes,
    state,
    lease: lease.state === phase ? lease : { ...lease, state: phase },
  };
  transition.table.put(moved, dueOf(moved));
  return moved;
}

/** When the lease needs an action even if nothing else happens. */
function dueOf({ state, lease }: Entry): Instant | undefined {
  switch (state.at) {
    case 'open':
      return lease.due;
    case 'retrying-undo':
    case 'retrying-ports':
    case 'retrying-stop':
      return state.from;
    default:
      return undefined;
  }
}

export function refuse(
  transition: LeaseTransition,
  { openRequest, ticket }: Pick<PendingRequest, 'openRequest' | 'ticket'>,
  reason: string,
): void {
  transition.effects.push({ do: 'report', notice: { kind: 'refused', openRequest, reason } });
  answer(transition, ticket, { kind: 'refused', reason });
}

export function answer(transition: LeaseTransition, ticket: number, outcome: OpenOutcome): void {
  transition.effects.push({ do: 'answer', ticket, outcome });
}

/** Nothing of it is open any more: record that. */
export function writeEnd(
  transition: LeaseTransition,
  entry: Entry,
  how: LeaseEnd,
  closed: Instant,
  stopFailure?: string,
): void {
  const { lease } = moveTo(transition, entry, { at: 'writing-end', how });
  const lasted = since(instant(Math.min(lease.since, closed)), closed);
  const dropsClaims = !entry.isAdopted;
  const failure = stopFailure === undefined ? {} : { stopFailure };
  transition.effects.push({ do: 'write-end', lease, how, closed, lasted, ...failure, dropsClaims });
}

/** It is over for this daemon. */
export function forget(transition: LeaseTransition, { lease, next }: Entry): void {
  transition.table.delete(lease.id);
  transition.effects.push({ do: 'forget', id: lease.id });
  if (transition.isStopping) {
    if (transition.table.size === 0) transition.effects.push({ do: 'idle' });
  } else if (next !== undefined) transition.effects.push({ do: 'ask-again', openRequest: next });
}

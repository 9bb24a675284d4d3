import type { AdoptInput } from './lease-input.ts';
import type { LeaseState } from './lease-state.ts';
import type { Entry } from './lease-table.ts';
import { type LeaseTransition, moveTo, writeEnd } from './lease-transition.ts';

/** Takes over a lease that an earlier daemon left. Returns it if it may be open. */
export function adopt(transition: LeaseTransition, input: AdoptInput): Entry | undefined {
  const { length, fate, isOfOtherBoot, startFailure } = input;
  const { effects, now } = transition;
  const lease = startFailure === undefined ? input.lease : { ...input.lease, startFailure };
  const { id } = lease;
  const state = stateOf(fate.kind, lease.stop, transition);
  const entry = {
    lease: { ...lease, state: 'open' as const },
    state,
    written: lease.due,
    isAdopted: true,
  };
  if (fate.kind === 'over') {
    writeEnd(transition, entry, fate.how, now, fate.stopFailure);
    return undefined;
  }
  const moved = moveTo(transition, entry, state);
  if (startFailure !== undefined) effects.push({ do: 'note-start', lease: moved.lease });
  if (isOfOtherBoot) {
    // From here on the clock of this boot counts: the wall clock may jump again.
    effects.push({ do: 'move-claims', id }, { do: 'move-end', lease: moved.lease, length });
  }
  effects.push({
    do: 'report',
    notice: { kind: 'adopted', lease: moved.lease, isOverdue: lease.due <= now },
  });
  if (fate.kind === 'starting') effects.push({ do: 'await-command', lease: moved.lease, which: 'start' });
  if (fate.kind === 'stopping') effects.push({ do: 'await-command', lease: moved.lease, which: 'stop' });
  if (lease.opened !== undefined && fate.kind !== 'stopping')
    effects.push({ do: 'follow', lease: moved.lease, again: false });
  return moved;
}

function stateOf(fate: AdoptInput['fate']['kind'], stop: string, { now }: LeaseTransition): LeaseState {
  switch (fate) {
    case 'starting':
      return { at: 'starting' };
    case 'stopping':
      return { at: 'stopping', isAwaited: true, how: 'expired', closed: now, tries: 0 };
    default:
      return { at: 'open', start: stop === '' ? 'none' : 'ended', isHeld: false };
  }
}

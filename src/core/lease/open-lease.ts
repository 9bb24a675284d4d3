import type { Opening } from '../door/opening.ts';
import { renderCommands } from '../door/opening.ts';
import { after, type Instant, millis, since } from '../net/time.ts';
import { repeatRequest, writeLonger } from './extend-lease.ts';
import { hasSameHolder, holdersOf, userOf } from './holders.ts';
import type { Lease, LeaseEnd, LeasePorts } from './lease.ts';
import type { OpenInput } from './lease-input.ts';
import type { LeaseState, PendingRequest } from './lease-state.ts';
import type { Entry } from './lease-table.ts';
import { answer, forget, type LeaseTransition, moveTo, refuse, writeEnd } from './lease-transition.ts';
import { isByOperator, type OperatorOrder } from './open-request.ts';
import { REFUSED } from './refusals.ts';

/** Opens a lease, or extends one. */
export function requestOpen(transition: LeaseTransition, input: OpenInput): void {
  const { openRequest, ticket } = input;
  const { door, source } = openRequest;
  const { start } = renderCommands(door.opening, source, userOf(openRequest));
  const asked = { openRequest, ticket, start };
  const opensNothing = start === undefined && door.opening.ports === undefined;
  if (transition.isStopping || opensNothing) {
    answer(transition, ticket, { kind: 'nothing' });
    return;
  }
  if (input.isBanned) {
    refuse(transition, asked, REFUSED.banned);
    return;
  }
  const current = transition.table.current(door.name, source);
  if (current !== undefined) {
    repeatRequest(transition, current, asked);
    return;
  }
  if (!transition.table.hasRoom(door)) {
    refuse(transition, asked, REFUSED.full);
    return;
  }
  if (start !== undefined && !input.hasRoom) {
    refuse(transition, asked, REFUSED.busy);
    return;
  }
  begin(transition, input, asked);
}

/**
 * The record comes first: without it a crash would leave the door open for ever. Ports that the kernel closes by itself
 * are opened before, to save the time of the disk.
 */
function begin(transition: LeaseTransition, input: OpenInput, asked: PendingRequest): void {
  const lease = newLease(input, transition.now);
  if (asked.start !== undefined) transition.effects.push({ do: 'reserve', id: lease.id, door: lease.door });
  const hasPorts = lease.opened !== undefined;
  const state: LeaseState =
    hasPorts && input.closesByItself
      ? { at: 'opening-ports', isRecorded: false, asked }
      : { at: 'recording', ports: hasPorts ? 'next' : 'none', asked };
  const entry: Entry = { lease, state, written: undefined, isAdopted: false };
  establish(transition, moveTo(transition, entry, state));
}

function newLease({ id, openRequest }: OpenInput, now: Instant): Lease {
  const { door, source } = openRequest;
  const opened = leasePorts(door.opening);
  const { stop = '' } = renderCommands(door.opening, source, userOf(openRequest));
  return {
    ...{ id, door: door.name, source, stop, state: 'opening' },
    ...{ since: now, due: after(now, door.opening.cmdTimeout) },
    ...(opened === undefined ? {} : { opened }),
    ...holdersOf(openRequest),
    ...(isByOperator(openRequest) ? orderOf(openRequest) : {}),
  };
}

function orderOf({ orderedBy }: OperatorOrder): Pick<Lease, 'byOperator' | 'orderedBy'> {
  return { byOperator: true, ...(orderedBy === undefined ? {} : { orderedBy }) };
}

/** What a door opens in the firewall. */
export function leasePorts(opening: Opening): LeasePorts | undefined {
  const { ports, singleUse = false, hold = false, closeKills = false, leasePrefix6 } = opening;
  if (ports === undefined) return undefined;
  const prefix = leasePrefix6 === undefined ? {} : { prefix6: leasePrefix6 };
  return { ports, singleUse, hold, closeKills, ...prefix };
}

/** Requests the step that its state stands for. */
function establish(transition: LeaseTransition, { lease, state }: Entry): void {
  if (state.at === 'opening-ports') transition.effects.push({ do: 'open-ports', lease });
  else {
    const length = millis(Math.max(0, since(transition.now, lease.due)));
    transition.effects.push({ do: 'record', lease, length, canWait: canWait(lease, state) });
  }
}

/** Ports are opened before the record only if the kernel ends them by itself. */
function canWait({ stop }: Lease, state: LeaseState): boolean {
  return state.at === 'recording' && state.ports === 'open' && state.asked.start === undefined && stop === '';
}

export function recorded(transition: LeaseTransition, entry: Entry): void {
  const { state } = entry;
  if (state.at !== 'recording') return;
  const { asked, ports, ends } = state;
  if (ends !== undefined)
    undo(transition, entry, asked, reasonOf(ends), ends, {
      isRecorded: true,
      ports: ports === 'open' ? 'open' : 'none',
    });
  else if (ports !== 'next') opened(transition, entry, asked);
  else establish(transition, moveTo(transition, entry, { at: 'opening-ports', isRecorded: true, asked }));
}

export function recordRefused(transition: LeaseTransition, entry: Entry, why: string): void {
  const { state } = entry;
  if (state.at !== 'recording') return;
  undo(transition, entry, state.asked, why, 'failed', {
    isRecorded: false,
    ports: state.ports === 'open' ? 'open' : 'none',
  });
}

export function portsOpen(transition: LeaseTransition, entry: Entry): void {
  const { state } = entry;
  if (state.at !== 'opening-ports') return;
  const { asked, isRecorded, ends } = state;
  if (ends !== undefined) undo(transition, entry, asked, reasonOf(ends), ends, { isRecorded, ports: 'open' });
  else if (isRecorded) opened(transition, entry, asked);
  else establish(transition, moveTo(transition, entry, { at: 'recording', ports: 'open', asked }));
}

export function portsRefused(transition: LeaseTransition, entry: Entry, why: string): void {
  const { state } = entry;
  if (state.at !== 'opening-ports') return;
  undo(transition, entry, state.asked, why, 'failed', { isRecorded: state.isRecorded, ports: 'refused' });
}

/** The opening failed: undoes what was opened or recorded. */
function undo(
  transition: LeaseTransition,
  entry: Entry,
  asked: PendingRequest,
  reason: string,
  how: LeaseEnd,
  done: { readonly isRecorded: boolean; readonly ports: 'none' | 'open' | 'refused' },
): void {
  const { lease } = entry;
  refuse(transition, asked, reason);
  if (asked.start !== undefined) transition.effects.push({ do: 'release', id: lease.id, door: lease.door });
  if (done.ports !== 'none') {
    const wereOpen = done.ports === 'open';
    moveTo(transition, entry, { at: 'undoing', how, isRecorded: done.isRecorded, wereOpen, tries: 0 });
    transition.effects.push({ do: 'undo-ports', lease });
  } else if (done.isRecorded) writeEnd(transition, entry, how, transition.now);
  else forget(transition, entry);
}

/** It is open and recorded. Ports close in time, however long the start command takes. */
function opened(transition: LeaseTransition, entry: Entry, asked: PendingRequest): void {
  const { start, openRequest } = asked;
  const { effects } = transition;
  const hasPorts = entry.lease.opened !== undefined;
  const state: LeaseState = hasPorts
    ? { at: 'open', start: start === undefined ? 'none' : 'running', isHeld: false }
    : { at: 'starting' };
  const moved = moveTo(transition, entry, state);
  const { lease } = moved;
  effects.push({ do: 'report', notice: { kind: 'opened', lease } });
  // A knock has come meanwhile.
  const isLater = lease.due > after(lease.since, openRequest.door.opening.cmdTimeout);
  if (isLater || !hasSameHolder(lease, holdersOf(openRequest))) writeLonger(transition, moved);
  if (hasPorts) effects.push({ do: 'follow', lease, again: false });
  answer(transition, asked.ticket, { kind: 'opened', lease, runsStart: start !== undefined });
  if (start !== undefined) effects.push({ do: 'run-start', lease, command: start, again: false });
}

function reasonOf(ends: LeaseEnd): string {
  switch (ends) {
    case 'banned':
      return REFUSED.banned;
    case 'changed':
      return 'a reload has changed its door';
    case 'closed':
      return 'the operator has closed it';
    case 'revoked':
      return REFUSED.revoked;
    default:
      return 'the daemon is stopping';
  }
}

import type { Proof } from '../../../core/attempt/completion.ts';
import { renderPortOpenings } from '../../../core/door/port-opening.ts';
import type { ByUser, Event } from '../../../core/event/event.ts';
import { closingMember, holderNames, proofOf } from '../../../core/lease/holders.ts';
import { EARLY_ENDS, type Lease } from '../../../core/lease/lease.ts';
import type { LeaseNotice } from '../../../core/lease/lease-effect.ts';
import { since } from '../../../core/net/time.ts';
import type { Clock } from '../../../host/clock/clock.ts';
import { toWallTime } from './lease-record.ts';

export type NoticeParts = {
  readonly clock: Clock;
  readonly report: (event: Event) => void;
};

/** Reports events of the lease machine. */
export function reportLeaseNotice({ clock, report }: NoticeParts, notice: LeaseNotice): void {
  if (notice.kind === 'refused') {
    report(refusal(notice));
    return;
  }
  const { lease } = notice;
  const { source, door, opened, due } = lease;
  const seconds = Math.ceil(since(clock.sinceBoot(), due) / 1000);
  const ports = renderPortOpenings(opened?.ports ?? []);
  const by = eventUser(...(lease.holders ?? []));
  const until = toWallTime(due, clock);
  switch (notice.kind) {
    case 'opened':
      if (opened !== undefined) report({ kind: 'opened', source, door, ports, seconds, ...by });
      report({ kind: 'lease-opened', source, door, ports, until, ...by });
      return;
    case 'extended':
      report({ kind: 'extended', source, door, seconds, ...by });
      return;
    case 'held':
      report({ kind: 'held', source, door, ...by });
      return;
    case 'stop-due':
      report({ kind: 'command-timeout', source, door });
      return;
    case 'ports-closed':
      report({ kind: 'closed', source, door, ports, cut: notice.cut, ...earlyEnd(notice.how, lease), ...by });
      return;
    case 'not-closed':
      report({ kind: 'unclosed', source, door, times: notice.tries, seconds: Math.ceil(notice.wait / 1000) });
      return;
    case 'closed':
      report({ kind: 'lease-closed', source, door, ports, until, ...by });
      return;
    case 'adopted':
      report({ kind: 'adopted', source, door, overdue: notice.isOverdue });
      return;
    default:
      notice satisfies never;
  }
}

function refusal({ openRequest, reason }: Extract<LeaseNotice, { kind: 'refused' }>): Event {
  const { source, door } = openRequest;
  const ports = renderPortOpenings(door.opening.ports ?? []);
  return { kind: 'refused', source, door: door.name, reason, ports, ...eventUser(proofOf(openRequest)) };
}

function earlyEnd(how: Extract<LeaseNotice, { kind: 'ports-closed' }>['how'], lease: Lease) {
  const early = EARLY_ENDS.find((one) => one === how);
  const member = how === 'closed' ? closingMember(lease) : undefined;
  return early === undefined ? {} : { early, ...(member === undefined ? {} : { member }) };
}

const NOBODY: ByUser = {};

/** The user behind these proofs. */
export function eventUser(...proofs: readonly (Proof | undefined)[]): ByUser {
  if (proofs.length === 0) return NOBODY;
  const known = proofs.filter((proof) => proof !== undefined);
  const [first, ...others] = known;
  if (first === undefined) return NOBODY;
  // The fingerprint of a code's secret is of no use to a reader.
  const isTelling = others.length === 0 && first.kind === 'key';
  const credential = isTelling ? { credential: first.fingerprint } : {};
  return { user: holderNames(known), proof: first.kind, ...credential };
}

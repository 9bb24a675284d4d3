import type { Proof } from '../../../core/attempt/completion.ts';
import type { HookOccasion } from '../../../core/door/hook.ts';
import { renderPortOpenings } from '../../../core/door/port-opening.ts';
import type { ByUser, Event } from '../../../core/event/event.ts';
import { holderNames, proofOf } from '../../../core/lease/holders.ts';
import { EARLY_ENDS, type Lease } from '../../../core/lease/lease.ts';
import type { LeaseNews } from '../../../core/lease/lease-effect.ts';
import { since } from '../../../core/net/time.ts';
import type { Clock } from '../../../host/clock/clock.ts';
import { toWallTime } from './lease-record.ts';

export type NewsParts = {
  readonly clock: Clock;
  readonly report: (event: Event) => void;
  /** Tells the hooks. */
  readonly tell: (occasion: HookOccasion) => void;
};

/** Tells the log and the hooks what the lease machine has to say. */
export function reportLeaseNews({ clock, report, tell }: NewsParts, news: LeaseNews): void {
  if (news.kind === 'refused') {
    const { source, door } = news.demand;
    const proof = proofOf(news.demand);
    const about = { source, door: door.name };
    report({ kind: 'refused', ...about, reason: news.reason, ...eventUser(proof) });
    tell({ event: 'refused', ...about, ports: door.opening.ports ?? [], ...hookUser(proof) });
    return;
  }
  const { lease } = news;
  const { source, door, opened, due } = lease;
  const seconds = Math.ceil(since(clock.sinceBoot(), due) / 1000);
  const ports = renderPortOpenings(opened?.ports ?? []);
  const by = eventUser(...(lease.holders ?? []));
  switch (news.kind) {
    case 'opened':
      if (opened !== undefined) report({ kind: 'opened', source, door, ports, seconds, ...by });
      tell(occasion('open', lease, clock));
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
    case 'ports-closed': {
      const early = EARLY_ENDS.find((one) => one === news.how);
      report({
        kind: 'closed',
        source,
        door,
        ports,
        cut: news.cut,
        ...(early === undefined ? {} : { early }),
        ...by,
      });
      return;
    }
    case 'not-closed':
      report({ kind: 'unclosed', source, door, times: news.tries, seconds: Math.ceil(news.wait / 1000) });
      return;
    case 'closed':
      tell(occasion('close', lease, clock));
      return;
    case 'adopted':
      report({ kind: 'adopted', source, door, overdue: news.isOverdue });
      return;
    default:
      news satisfies never;
  }
}

function occasion(event: 'open' | 'close', lease: Lease, clock: Clock): HookOccasion {
  const { door, source, opened, due, holders } = lease;
  return {
    event,
    door,
    source,
    ports: opened?.ports ?? [],
    until: toWallTime(due, clock),
    ...hookUser(...(holders ?? [])),
  };
}

/** Whose proofs they are, for a line of the log. */
export function eventUser(...proofs: readonly (Proof | undefined)[]): ByUser {
  const known = proofs.filter((proof) => proof !== undefined);
  const [first, ...others] = known;
  if (first === undefined) return {};
  const credential = others.length === 0 ? { credential: first.fingerprint } : {};
  return { user: holderNames(known), proof: first.kind, ...credential };
}

/** The same for a hook. */
export function hookUser(...proofs: readonly (Proof | undefined)[]): { user?: string; proof?: 'key' } {
  const { user, proof } = eventUser(...proofs);
  return user === undefined || proof === undefined ? {} : { user, proof };
}

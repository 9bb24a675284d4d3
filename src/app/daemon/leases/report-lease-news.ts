import type { HookOccasion } from '../../../core/door/hook.ts';
import { renderPortOpenings } from '../../../core/door/port-opening.ts';
import type { Event } from '../../../core/event/event.ts';
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
    report({ kind: 'refused', source, door: door.name, reason: news.reason });
    tell({ event: 'refused', door: door.name, source, ports: door.opening.ports ?? [] });
    return;
  }
  const { lease } = news;
  const { source, door, opened, due } = lease;
  const seconds = Math.ceil(since(clock.sinceBoot(), due) / 1000);
  const ports = renderPortOpenings(opened?.ports ?? []);
  switch (news.kind) {
    case 'opened':
      if (opened !== undefined) report({ kind: 'opened', source, door, ports, seconds });
      tell(occasion('open', lease, clock));
      return;
    case 'extended':
      report({ kind: 'extended', source, door, seconds });
      return;
    case 'held':
      report({ kind: 'held', source, door });
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
  const { door, source, opened, due } = lease;
  return { event, door, source, ports: opened?.ports ?? [], until: toWallTime(due, clock) };
}

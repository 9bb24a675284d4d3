import type { Lease, LeaseEnd } from '../../../core/lease/lease.ts';
import type { LeaseEnding } from '../../../core/lease/past-lease.ts';
import { after, type Instant, instant, type Millis, millis, since } from '../../../core/net/time.ts';
import type { Clock } from '../../../host/clock/clock.ts';
import type { StoredLease } from '../../../host/store/lease-store.ts';

/** The lease in its stored form, with times on both clocks. */
export function storedLease(lease: Lease, length: Millis, clock: Clock): StoredLease {
  const { state: _, ...kept } = lease;
  const sinceWall = toWallTime(lease.since, clock);
  return { ...kept, length, bootId: clock.bootId, sinceWall, dueWall: toWallTime(lease.due, clock) };
}

/** Converts a moment to the present wall clock. */
export function toWallTime(moment: Instant, clock: Clock): Instant {
  return instant(clock.wall() + since(clock.sinceBoot(), moment));
}

/** After a reboot only the wall clock remains; it may have jumped, so no lease becomes longer than it was. */
export function adoptedTimes(stored: StoredLease, clock: Clock): Pick<Lease, 'since' | 'due'> {
  if (stored.bootId === clock.bootId) return { since: stored.since, due: stored.due };
  const now = clock.sinceBoot();
  const left = Math.min(stored.length, Math.max(0, since(clock.wall(), stored.dueWall)));
  const age = Math.max(0, since(stored.sinceWall, clock.wall()));
  return { since: instant(now - age), due: after(now, millis(left)) };
}

/** The ending of a lease that is over now. */
export function endingOf(
  lease: Pick<Lease, 'since' | 'startFailure'>,
  how: LeaseEnd,
  clock: Clock,
  stopFailure?: string,
): LeaseEnding {
  const lasted = millis(Math.max(0, since(lease.since, clock.sinceBoot())));
  const { startFailure } = lease;
  return {
    how,
    at: clock.wall(),
    lasted,
    ...(startFailure === undefined ? {} : { startFailure }),
    ...(stopFailure === undefined ? {} : { stopFailure }),
  };
}

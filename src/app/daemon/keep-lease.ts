import type { Opening } from '../../core/door/opening.ts';
import { type Demand, isByOperator } from '../../core/lease/demand.ts';
import type { Lease, LeaseEnd, LeaseId, LeasePorts } from '../../core/lease/lease.ts';
import { after, type Instant, instant, type Millis, millis, since } from '../../core/net/time.ts';
import type { Clock } from '../../host/clock/clock.ts';
import type { LeaseEnding, StoredLease } from '../../host/store/lease-store.ts';
import { randomBytes } from '../../host/system/random-bytes.ts';

const ID_BYTES = 16;

export function newLease(demand: Demand, now: Instant, stop: string): Lease {
  const { door, source } = demand;
  const ports = leasePorts(door.opening);
  const opened = ports === undefined ? {} : { opened: ports };
  const origin = isByOperator(demand) ? { byOperator: true as const } : {};
  const id = Buffer.from(randomBytes(ID_BYTES)).toString('hex') as LeaseId;
  const times = { since: now, due: after(now, door.opening.cmdTimeout) };
  return { id, door: door.name, source, stop, state: 'opening', ...times, ...opened, ...origin };
}

export function leasePorts(opening: Opening): LeasePorts | undefined {
  const { ports, singleUse = false, hold = false, closeKills = false } = opening;
  return ports === undefined ? undefined : { ports, singleUse, hold, closeKills };
}

/** The lease as it is kept, its times on both clocks. */
export function storedLease(lease: Lease, length: Millis, clock: Clock): StoredLease {
  const { state: _, ...kept } = lease;
  const sinceWall = onWall(lease.since, clock);
  return { ...kept, length, bootId: clock.bootId, sinceWall, dueWall: onWall(lease.due, clock) };
}

/** A moment by the clock of day as it goes now. */
export function onWall(moment: Instant, clock: Clock): Instant {
  return instant(clock.wall() + since(clock.sinceBoot(), moment));
}

/** After a reboot the clock of day is all there is; it may have jumped, but no lease becomes longer than it was. */
export function adoptedTimes(stored: StoredLease, clock: Clock): Pick<Lease, 'since' | 'due'> {
  if (stored.bootId === clock.bootId) return { since: stored.since, due: stored.due };
  const now = clock.sinceBoot();
  const left = Math.min(stored.length, Math.max(0, since(clock.wall(), stored.dueWall)));
  const age = Math.max(0, since(stored.sinceWall, clock.wall()));
  return { since: instant(now - age), due: after(now, millis(left)) };
}

/** The lease is over now. */
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

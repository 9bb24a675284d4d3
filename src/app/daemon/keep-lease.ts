import { randomUUID } from 'node:crypto';
import type { Completion } from '../../core/attempt/completion.ts';
import type { Lease, LeaseId } from '../../core/lease/lease.ts';
import { after, type Instant, instant, type Millis, millis, since } from '../../core/net/time.ts';
import type { Clock } from '../../host/clock/clock.ts';
import type { StoredLease } from '../../host/store/lease-store.ts';

export function newLease({ door, source }: Completion, now: Instant, stop: string): Lease {
  const { ports, singleUse = false, cmdTimeout } = door.opening;
  const opened = ports === undefined ? {} : { opened: { ports, singleUse } };
  const id = randomUUID() as LeaseId;
  return { id, door: door.name, source, stop, state: 'opening', due: after(now, cmdTimeout), ...opened };
}

/** The lease as it is kept, its end on both clocks. */
export function storedLease(lease: Lease, length: Millis, clock: Clock): StoredLease {
  const { id, door, source, stop, due, opened } = lease;
  const dueWall = instant(clock.wall() + since(clock.sinceBoot(), due));
  const kept = { id, door, source, stop, due, length, bootId: clock.bootId, dueWall };
  return opened === undefined ? kept : { ...kept, opened };
}

/** After a reboot the clock of day is all there is; it may have jumped, but no lease becomes longer than it was. */
export function adoptedDue(stored: StoredLease, now: Instant, clock: Clock): Instant {
  if (stored.bootId === clock.bootId) return stored.due;
  const left = Math.min(stored.length, Math.max(0, since(clock.wall(), stored.dueWall)));
  return after(now, millis(left));
}

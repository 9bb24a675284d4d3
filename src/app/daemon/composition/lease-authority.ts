import type { DoorSpec } from '../../../core/door/door.ts';
import { inFleet } from '../../../core/door/fleet-right.ts';
import { renderCommands } from '../../../core/door/opening.ts';
import { mayOpen } from '../../../core/fleet/member.ts';
import type { MayHold } from '../../../core/lease/holders.ts';
import type { Clock } from '../../../host/clock/clock.ts';
import type { StoredLease } from '../../../host/store/lease-store.ts';
import type { ConfigInForce } from '../../config/config-in-force.ts';

/** Whether a door still closes by this stop command. */
export function isCurrentStop(
  inForce: ConfigInForce,
  { door, source, stop, holders = [] }: StoredLease,
): boolean {
  const spec = inForce.current.doors.find(({ name }) => name === door);
  if (spec === undefined) return false;
  const users = inForce.authority?.users.users.map(({ name }) => name) ?? [];
  const names = new Set(['', ...holders.map(({ user }) => user), ...users]);
  return [...names].some((name) => renderCommands(spec.opening, source, name).stop === stop);
}

/** Uses the users and doors of the current configuration. */
export function holderCheck(inForce: ConfigInForce, clock: Clock): MayHold {
  return ({ kind, user, fingerprint }, name) => {
    const door = inForce.current.doors.find((one) => one.name === name);
    if (kind === 'member') return memberMayHold(inForce, user, door);
    return inForce.authority?.users.mayHold(user, fingerprint, door, clock.wall()) === true;
  };
}

/** A lease may also be held in this host's own name, by an earlier run of its daemon. */
function memberMayHold({ fleet }: ConfigInForce, name: string, door: DoorSpec | undefined): boolean {
  if (fleet === undefined || door === undefined) return false;
  if (name === fleet.self.name) return inFleet(door, 'share');
  const member = fleet.members.get(name);
  return member !== undefined && inFleet(door, 'accept') && mayOpen(member, door.name);
}

/** Whether the time of a user or key has run out since the last call. */
export function expiryCheck(inForce: ConfigInForce, clock: Clock): () => boolean {
  let last = clock.wall();
  return () => {
    const from = last;
    last = clock.wall();
    return inForce.authority?.users.hasEnded(from, last) === true;
  };
}

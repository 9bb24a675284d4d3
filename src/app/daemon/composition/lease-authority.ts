import { renderCommands } from '../../../core/door/opening.ts';
import type { MayHold } from '../../../core/lease/holders.ts';
import type { Clock } from '../../../host/clock/clock.ts';
import type { StoredLease } from '../../../host/store/lease-store.ts';
import type { ConfigInForce } from '../../config/config-in-force.ts';

/** Whether a door still closes by this stop command. */
export function hasStop(inForce: ConfigInForce, { door, source, stop, holders = [] }: StoredLease): boolean {
  const spec = inForce.current.doors.find(({ name }) => name === door);
  if (spec === undefined) return false;
  const users = inForce.authority?.users.users.map(({ name }) => name) ?? [];
  const names = new Set(['', ...holders.map(({ user }) => user), ...users]);
  return [...names].some((name) => renderCommands(spec.opening, source, name).stop === stop);
}

/** Uses the users and doors of the current configuration. */
export function holding(inForce: ConfigInForce, clock: Clock): MayHold {
  return ({ user, fingerprint }, name) => {
    const door = inForce.current.doors.find((one) => one.name === name);
    return inForce.authority?.users.mayHold(user, fingerprint, door, clock.wall()) === true;
  };
}

/** Whether the time of a user or key has run out since the last call. */
export function endings(inForce: ConfigInForce, clock: Clock): () => boolean {
  let last = clock.wall();
  return () => {
    const from = last;
    last = clock.wall();
    return inForce.authority?.users.hasEnded(from, last) === true;
  };
}

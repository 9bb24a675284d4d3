import type { DoorSpec } from '../../../core/door/door.ts';
import { inFleet } from '../../../core/door/fleet-right.ts';
import { type Millis, millis, seconds } from '../../../core/net/time.ts';

/** How long a ban or an end matters if no door lasts longer. */
const SHORTEST = seconds(600);

/** The longest that a member's change may last here. */
export function fleetWindow(doors: readonly DoorSpec[]): Millis {
  const lengths = doors
    .filter((door) => inFleet(door, 'accept') || inFleet(door, 'share'))
    .map(({ opening, maxOpenFor = 0 }) => Math.max(opening.cmdTimeout, maxOpenFor));
  return millis(Math.max(SHORTEST, ...lengths));
}

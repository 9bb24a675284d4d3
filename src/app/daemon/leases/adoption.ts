import type { Event } from '../../../core/event/event.ts';
import { renderFailure } from '../../../core/event/failure-words.ts';
import type { Lease } from '../../../core/lease/lease.ts';
import type { AdoptInput } from '../../../core/lease/lease-input.ts';
import type { Clock } from '../../../host/clock/clock.ts';
import type { StoredLease } from '../../../host/store/lease-store.ts';
import type { Claims, LeaseFate } from '../../state/claims.ts';
import { adoptedTimes } from './lease-record.ts';

export type AdoptionParts = {
  readonly claims: Claims;
  readonly clock: Clock;
  readonly report: (event: Event) => void;
};

/** The lease machine's input for a lease of an earlier daemon. The clocks and the claims of its commands decide. */
export function adoptInput(
  stored: StoredLease,
  parts: AdoptionParts & { readonly isBanned: boolean },
): AdoptInput {
  const { clock, claims, isBanned } = parts;
  const fate = fateOf(stored, parts);
  const { bootId: _boot, sinceWall: _since, dueWall: _due, length, ...kept } = stored;
  const lease = { ...kept, ...adoptedTimes(stored, clock) };
  const isOfOtherBoot = !isOfThisBoot(stored, clock);
  const failure = startFailureOf(stored, fate, claims);
  const common = { kind: 'adopt', length, isOfOtherBoot, isBanned, ...failure } as const;
  switch (fate) {
    case 'over':
    case 'never': {
      const how = fate === 'never' ? 'failed' : isOfOtherBoot ? 'rebooted' : 'expired';
      const stopFailure = claims.stopFailure(stored.id);
      const words = stopFailure === undefined ? {} : { stopFailure: renderFailure(stopFailure) };
      return { ...common, lease, fate: { kind: 'over', how, ...words } };
    }
    case 'opening':
      return { ...common, lease, fate: { kind: 'starting' } };
    case 'closing':
      return { ...common, lease, fate: { kind: 'stopping' } };
    case 'cut-off':
      // The stop command runs again at once.
      return { ...common, lease: { ...lease, due: clock.sinceBoot() }, fate: { kind: 'open' } };
    case 'open':
      return { ...common, lease, fate: { kind: 'open' } };
    default:
      return fate satisfies never;
  }
}

/** The claim of the earlier daemon's start command tells how it ended. */
function startFailureOf(stored: StoredLease, fate: LeaseFate, claims: Claims): Pick<Lease, 'startFailure'> {
  const isKnown = stored.stop === '' || stored.startFailure !== undefined || fate === 'opening';
  const failure = isKnown ? undefined : claims.startFailure(stored.id);
  return failure === undefined ? {} : { startFailure: renderFailure(failure) };
}

export const isOfThisBoot = ({ bootId }: StoredLease, clock: Clock): boolean => bootId === clock.bootId;

/** The state of the lease's commands or ports after an earlier run. */
export function fateOf(stored: StoredLease, { claims, clock, report }: AdoptionParts): LeaseFate {
  const sameBoot = isOfThisBoot(stored, clock);
  // Ports alone have no command, and therefore no claim. A reboot has removed them from the firewall.
  if (stored.stop === '') return sameBoot ? 'open' : 'over';
  try {
    return claims.fate(stored.id, sameBoot);
  } catch (error) {
    // Assume that the door is open: closing once too often is the smaller harm.
    report({ kind: 'error', text: (error as Error).message });
    return 'open';
  }
}

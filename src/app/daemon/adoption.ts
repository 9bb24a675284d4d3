import type { Event } from '../../core/event/event.ts';
import type { Lease, LeaseEnd } from '../../core/lease/lease.ts';
import type { Clock } from '../../host/clock/clock.ts';
import type { StoredLease } from '../../host/store/lease-store.ts';
import type { Claims, LeaseFate } from './claims.ts';
import { adoptedTimes } from './keep-lease.ts';

export type AdoptionParts = {
  readonly claims: Claims;
  readonly clock: Clock;
  readonly report: (event: Event) => void;
};

/** What becomes of a lease that an earlier run has left. */
export type Adoption =
  /** There is nothing to close. Its claims stay until the next start: a command may be on its way still. */
  | ({ readonly kind: 'over'; readonly how: LeaseEnd } & Pick<Lease, 'id' | 'since' | 'startFailure'>)
  /** It goes on, or is closed now. `running`: the claim of a command that has to end first. */
  | { readonly kind: 'lease'; readonly lease: Lease; readonly running?: string };

/** Judges by the clocks, and by the claims that its commands have made. */
export function judgeAdoption(stored: StoredLease, parts: AdoptionParts): Adoption {
  const { clock, claims } = parts;
  const fate = fateOf(stored, parts);
  const { id, door, source, stop, opened, byOperator, startFailure } = stored;
  const times = adoptedTimes(stored, clock);
  const failed = startFailure === undefined ? {} : { startFailure };
  if (fate === 'over') {
    const how = isOfThisBoot(stored, clock) ? 'expired' : 'rebooted';
    return { kind: 'over', how, id, since: times.since, ...failed };
  }
  if (fate === 'never') return { kind: 'over', how: 'failed', id, since: times.since, ...failed };
  const due = fate === 'cut-off' ? clock.sinceBoot() : times.due;
  const state = fate === 'closing' ? 'closing' : 'opening';
  const rest = {
    ...failed,
    ...(opened === undefined ? {} : { opened }),
    ...(byOperator === undefined ? {} : { byOperator }),
  };
  const lease: Lease = { id, door, source, stop, state, since: times.since, due, ...rest };
  if (fate === 'closing') return { kind: 'lease', lease, running: claims.stop(id) };
  return { kind: 'lease', lease, ...(fate === 'opening' ? { running: claims.start(id) } : {}) };
}

export const isOfThisBoot = ({ bootId }: StoredLease, clock: Clock): boolean => bootId === clock.bootId;

/** What an earlier run has left of the lease's commands, or ports. */
export function fateOf(stored: StoredLease, { claims, clock, report }: AdoptionParts): LeaseFate {
  const sameBoot = isOfThisBoot(stored, clock);
  // Ports alone have no command, and so no claim. A reboot has taken them out of the firewall.
  if (stored.stop === '') return sameBoot ? 'open' : 'over';
  try {
    return claims.fate(stored.id, sameBoot);
  } catch (error) {
    // The door is taken for open: a close too many is the lesser evil.
    report({ kind: 'error', text: (error as Error).message });
    return 'open';
  }
}

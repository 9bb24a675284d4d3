import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Event } from '../../core/event/event.ts';
import type { Clock } from '../../host/clock/clock.ts';
import type { StoredLease } from '../../host/store/lease-store.ts';
import { isLockedError } from '../../host/store/sqlite-error.ts';
import { openSqliteLeaseStore } from '../../host/store/sqlite-lease-store.ts';
import { assertOwnDirectory, claimsIn, databaseIn, type State, sweepClaims } from './open-state.ts';

/**
 * Takes over the leases of daemons that died and were not started again under the same name: with another
 * configuration file, or other interfaces on the command line. Returns whether some must be asked for again, because
 * their commands run still. What cannot be read is reported and left as it is.
 */
export function takeOverOrphans(
  directory: string,
  ownName: string,
  own: State,
  clock: Clock,
  report: (event: Event) => void,
): boolean {
  let again = false;
  for (const name of siblingsOf(directory, ownName)) {
    try {
      again = takeOverFrom(join(directory, name), own, clock, report) || again;
    } catch (error) {
      if (!isLockedError(error)) report({ kind: 'error', text: (error as Error).message });
    }
  }
  return again;
}

function siblingsOf(directory: string, ownName: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory).filter(
    (name) => name !== ownName && existsSync(databaseIn(join(directory, name))),
  );
}

function takeOverFrom(directory: string, own: State, clock: Clock, report: (event: Event) => void): boolean {
  assertOwnDirectory(directory);
  const store = openSqliteLeaseStore(databaseIn(directory));
  try {
    const claims = claimsIn(directory);
    // Those left here by the last taking over: whatever was on its way then has come to its end.
    sweepClaims(directory, store, claims, report);
    let again = false;
    for (const lease of store.all()) {
      const fate = claims.fate(lease.id, lease.bootId === clock.bootId);
      const isOpen = fate === 'open' || fate === 'cut-off';
      // With the claim of its stop command taken, no command that is still on its way closes it a second time.
      if (fate === 'opening' || fate === 'closing' || (isOpen && !claims.takeStop(lease.id))) {
        again = true;
        continue;
      }
      if (isOpen) moveLease(lease, fate === 'cut-off', own, clock);
      store.remove(lease.id);
    }
    return again;
  } finally {
    store.close();
  }
}

/** First it stands here and only then no longer there: a crash in between leaves it twice, and it is moved again. */
function moveLease(lease: StoredLease, now: boolean, own: State, clock: Clock): void {
  if (own.store.all().some(({ id }) => id === lease.id)) return;
  own.claims.moveToThisBoot(lease.id);
  const due = { due: clock.sinceBoot(), dueWall: clock.wall(), bootId: clock.bootId };
  own.store.record(now ? { ...lease, ...due } : lease);
}

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type CommandLimits, startLimit, stopLimit } from '../../../core/door/command-limits.ts';
import type { Event } from '../../../core/event/event.ts';
import type { LeaseEnd } from '../../../core/lease/lease.ts';
import type { Clock } from '../../../host/clock/clock.ts';
import { DirectoryLock } from '../../../host/files/directory-lock.ts';
import type { StoredLease } from '../../../host/store/lease-store.ts';
import { isLockedError } from '../../../host/store/sqlite-error.ts';
import type { Claims, LeaseFate } from '../../state/claims.ts';
import { claimsIn, databaseIn, type State, sweepClaims } from '../../state/open-state.ts';
import { assertOwnDirectory } from '../../state/own-directory.ts';
import { fateOf, isOfThisBoot } from './adoption.ts';
import { adoptedTimes, endingOf } from './lease-record.ts';

/**
 * Takes over leases of daemons that died and were not restarted under the same name (another configuration file, or
 * other interfaces on the command line). Returns whether some need another try because their commands still run.
 * Unreadable ones are reported and left unchanged.
 */
export function takeOverOrphans(
  directory: string,
  ownName: string,
  own: State,
  clock: Clock,
  report: (event: Event) => void,
  limitsOf: (door: string) => CommandLimits = () => ({}),
): boolean {
  let again = false;
  for (const name of siblingsOf(directory, ownName, report)) {
    try {
      again = takeOverFrom(join(directory, name), own, clock, report, limitsOf) || again;
    } catch (error) {
      if (!isLockedError(error)) report({ kind: 'error', text: (error as Error).message });
    }
  }
  return again;
}

function siblingsOf(directory: string, ownName: string, report: (event: Event) => void): string[] {
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch (error) {
    const text = `whether other daemons have left doors open cannot be seen: ${(error as Error).message}`;
    if (existsSync(directory)) report({ kind: 'warning', text });
    return [];
  }
  return names.filter((name) => name !== ownName && existsSync(databaseIn(join(directory, name))));
}

function takeOverFrom(
  directory: string,
  own: State,
  clock: Clock,
  report: (event: Event) => void,
  limitsOf: (door: string) => CommandLimits,
): boolean {
  assertOwnDirectory(directory);
  const lock = new DirectoryLock();
  // A living daemon holds the lock, even if its database cannot be opened.
  if (lock.acquire(directory) === 'held') return false;
  try {
    return takeOverLeases(directory, own, clock, report, limitsOf);
  } finally {
    lock.release();
  }
}

function takeOverLeases(
  directory: string,
  own: State,
  clock: Clock,
  report: (event: Event) => void,
  limitsOf: (door: string) => CommandLimits,
): boolean {
  const store = own.openOther(directory);
  try {
    const claims = claimsIn(directory);
    // Leftovers of the last takeover: anything in progress then has ended.
    sweepClaims(directory, store, claims, report);
    let again = false;
    for (const lease of store.all()) {
      const fate = fateOf(lease, { claims, clock, report });
      const isOpen = fate === 'open' || fate === 'cut-off';
      // Holding the claim of its stop command keeps a command still under way from closing it a second time.
      const isTaken = !isOpen || lease.stop === '' || claims.takeStop(lease.id);
      if (fate === 'opening' || fate === 'closing' || !isTaken) {
        again = true;
        void endOld(lease, fate, claims, limitsOf(lease.door)).catch(reportError(report));
        continue;
      }
      if (isOpen) moveLease(lease, fate === 'cut-off', own, clock);
      else remember(lease, endOf(lease, fate, clock), own, clock);
      store.remove(lease.id);
    }
    return again;
  } finally {
    store.close();
  }
}

/** A hanging command keeps its door open. It gets no more time here than in its own daemon. */
async function endOld(
  { id, stop }: StoredLease,
  fate: LeaseFate,
  claims: Claims,
  limits: CommandLimits,
): Promise<void> {
  if (fate === 'closing') await claims.endOld(claims.stop(id), stopLimit(limits));
  else if (fate === 'opening') await claims.endOld(claims.start(id), startLimit(limits, stop !== ''));
}

const reportError =
  (report: (event: Event) => void) =>
  (error: unknown): void =>
    report({ kind: 'error', text: (error as Error).message });

function endOf(lease: StoredLease, fate: 'over' | 'never', clock: Clock): LeaseEnd {
  if (fate === 'never') return 'failed';
  return isOfThisBoot(lease, clock) ? 'expired' : 'rebooted';
}

/** The lease is over: its history moves here. */
function remember(lease: StoredLease, how: LeaseEnd, { store }: State, clock: Clock): void {
  store.together(() => {
    store.record(lease);
    store.end(lease.id, endingOf({ ...lease, ...adoptedTimes(lease, clock) }, how, clock));
  });
}

/** Written here first, then deleted there: after a crash in between it exists twice and is moved again. */
function moveLease(lease: StoredLease, now: boolean, own: State, clock: Clock): void {
  if (own.store.all().some(({ id }) => id === lease.id)) return;
  if (lease.stop !== '') own.claims.moveToThisBoot(lease.id);
  const due = { due: clock.sinceBoot(), dueWall: clock.wall(), bootId: clock.bootId };
  own.store.record(now ? { ...lease, ...due } : lease);
}

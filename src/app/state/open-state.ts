import { readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { Event } from '../../core/event/event.ts';
import { instant, millis } from '../../core/net/time.ts';
import type { Clock } from '../../host/clock/clock.ts';
import { absolutePath } from '../../host/files/absolute-path.ts';
import { DirectoryLock } from '../../host/files/directory-lock.ts';
import type { LeaseStore, StoredLease } from '../../host/store/lease-store.ts';
import { RecoveringLeaseStore } from '../../host/store/recovering-lease-store.ts';
import {
  finishReplacing,
  type ReplacedDatabase,
  replaceDatabase,
} from '../../host/store/replace-database.ts';
import { HeldError, isDamagedError, isLockedError, withStoreError } from '../../host/store/sqlite-error.ts';
import { openSqliteLeaseStore } from '../../host/store/sqlite-lease-store.ts';
import { Claims } from './claims.ts';
import { recordHolder } from './holder-pid.ts';
import { isOwnDirectory, makeOwnDirectory } from './own-directory.ts';

/** `isOpen`: the directory exists, and nobody else may write to it. */
export type State = {
  readonly store: LeaseStore;
  readonly claims: Claims;
  readonly isOpen: boolean;
  /** Opens the store of another daemon that died. Throws a `StoreError`. */
  readonly openOther: (directory: string) => LeaseStore;
  /** Runs `work` once a store opens that could not be opened at the start. */
  readonly onceOpen: (work: () => void) => void;
};

/** Another daemon holds the same state: both would open and close the same doors. */
export class AlreadyRunningError extends Error {
  override readonly name = 'AlreadyRunningError';
}

/**
 * Names the state of one daemon: a directory below `directory`, after its configuration file and the interfaces of its
 * command line. Two daemons on one machine share only the firewall, which one of them has.
 */
export function stateName(configFile: string, interfaces: string | undefined): string {
  const plain = (text: string): string => text.replaceAll(/[^A-Za-z0-9._,-]+/g, '-').replace(/^-+/, '');
  return plain(realPath(configFile)) + (interfaces === undefined ? '' : `@${plain(interfaces)}`);
}

/** The same file is the same daemon, whatever link leads to it. */
function realPath(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return absolutePath(file);
  }
}

export type StateParts = {
  readonly clock: Clock;
  readonly report: (event: Event) => void;
  /** Whether the lease's stop command is that of its door: a damaged database may hold any text. */
  readonly isItsStop: (lease: StoredLease) => boolean;
};

/**
 * Opens the state. On failure the daemon still runs, and the log says why and with what effect; the store's `reopen`
 * retries. Throws an `AlreadyRunningError` if another daemon holds it.
 */
export function openState(directory: string, name: string, parts: StateParts): State {
  const own = join(directory, name);
  const { report } = parts;
  const late: (() => void)[] = [];
  const lock = new DirectoryLock();
  const store = new RecoveringLeaseStore(
    databaseIn(own),
    (wasOpen) => openOwn(own, lock, wasOpen, parts),
    // Deferred, so as not to interrupt the caller that opened it.
    () => setImmediate(() => late.forEach((work) => void work())),
    () => lock.release(),
  );
  try {
    store.open();
  } catch (error) {
    const reason = (error as Error).message;
    if (isLockedError(error)) {
      lock.release();
      throw alreadyRunning(own);
    }
    report({ kind: 'error', text: `${reason}; ${UNTIL_THEN}` });
  }
  return {
    store,
    claims: new Claims(join(own, 'claims'), 'absent'),
    isOpen: isOwnDirectory(own),
    openOther: (other) => openOrBegin(other, parts),
    onceOpen: (work) => late.push(work),
  };
}

const UNTIL_THEN =
  'doors that run commands stay shut until this is solved; Bussa keeps retrying. Doors that only open ' +
  'ports open all the same where the kernel closes them by itself, and are recorded later';

/** The store, with all that belongs to it. Throws a `StoreError`. */
function openOwn(own: string, lock: DirectoryLock, wasOpen: boolean, parts: StateParts): LeaseStore {
  return withStoreError(`open the state ${own}`, () => {
    makeOwnDirectory(own);
    // The database locks itself only when it is open, which may never happen if it is damaged or the disk is full.
    if (lock.acquire(own) === 'held') throw new HeldError(`another process has ${own}`);
    const store = openOrBegin(own, parts, wasOpen);
    try {
      const claims = claimsIn(own);
      // Later than at the start, claims of leases that this process knows must not be swept up.
      if (!wasOpen) sweepClaims(own, store, claims, parts.report);
    } catch (error) {
      store.close();
      throw error;
    }
    recordHolder(own);
    return store;
  });
}

/**
 * Opens the database in the directory. A damaged one is moved aside, and a new one is created with its readable leases,
 * to be closed at once. If this process already knows its leases, the new one starts empty. Throws a `StoreError`.
 */
function openOrBegin(
  directory: string,
  { clock, report, isItsStop }: StateParts,
  isKnown = false,
): LeaseStore {
  const path = databaseIn(directory);
  finishReplacing(path, clock.wall());
  try {
    return openSound(path);
  } catch (error) {
    if (!isDamagedError(error)) throw error;
    const left: StoredLease[] = [];
    const closing: StoredLease[] = [];
    const begun = replaceDatabase(path, clock.wall(), (lease) => {
      if (isKnown) return undefined;
      const isSafe = lease.stop === '' || isItsStop(lease);
      (isSafe ? closing : left).push(lease);
      return isSafe ? overdue(lease) : undefined;
    });
    tellDamage((error as Error).message, begun, isKnown, closing.length, report);
    for (const lease of left) describeRemaining(lease, report);
    return openSound(path);
  }
}

/** Throws a `StoreError`, also for a lease that makes no sense. */
function openSound(path: string): LeaseStore {
  const store = openSqliteLeaseStore(path);
  try {
    store.all();
    return store;
  } catch (error) {
    store.close();
    throw error;
  }
}

/** Such a lease ends now, and its user knocks again: data of a damaged database may belong to somebody else. */
function overdue(lease: StoredLease): StoredLease {
  return { ...lease, due: instant(0), dueWall: instant(0), length: millis(0) };
}

function tellDamage(
  why: string,
  { aside, unread }: ReplacedDatabase,
  isKnown: boolean,
  closing: number,
  report: (event: Event) => void,
): void {
  const rest =
    unread === 0
      ? ''
      : `; ${unread === 'all' ? 'not all leases' : `${unread} lease(s)`} in it could be read: check for doors that are still open, and close them by hand`;
  const leases = isKnown
    ? 'the open leases are recorded in the new one'
    : `${closing} lease(s) that could be read are being closed${rest}`;
  report({ kind: 'error', text: `${why}: it was renamed to ${aside} and replaced by a new one; ${leases}` });
}

function describeRemaining({ door, source, stop }: StoredLease, report: (event: Event) => void): void {
  const text =
    `${door} may still be open for ${source}: the damaged database has a stop command for it that is not in the configuration ` +
    `and does not run; close it by hand: ${stop}`;
  report({ kind: 'error', text });
}

/** The claims still tell what the database has lost without noticing, for example a truncated log. */
export function sweepClaims(
  directory: string,
  store: LeaseStore,
  claims: Claims,
  report: (event: Event) => void,
): void {
  const lost = claims.sweep(new Set(store.all().map((lease) => lease.id)));
  if (lost === 0) return;
  report({
    kind: 'error',
    text:
      `${databaseIn(directory)} has lost ${lost} lease(s) whose start command has been run and whose stop command has not: ` +
      'it, or its -wal, has been truncated, replaced or removed; check for doors that are still open, and close them by hand',
  });
}

export const databaseIn = (directory: string): string => join(directory, 'leases.db');

export const claimsIn = (directory: string): Claims => new Claims(join(directory, 'claims'));

/** Where `bussa` commands reach the daemon. */
export const controlSocketIn = (directory: string): string => join(directory, 'control');

/** Where `bussa fleet` reaches the daemon. It answers the verbs of the link to the carrier, and no others. */
export const fleetSocketIn = (directory: string): string => join(directory, 'fleet');

function alreadyRunning(directory: string): AlreadyRunningError {
  let pid = 'another process';
  try {
    pid = `process ${readFileSync(join(directory, 'pid'), 'utf8').trim()}`;
  } catch {
    // It has not been created yet, or may not be read.
  }
  return new AlreadyRunningError(
    `${pid} already runs with this configuration, and uses ${directory}: stop it first, or give this one another --state directory`,
  );
}

import { mkdirSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Event } from '../../core/event/event.ts';
import type { LeaseStore } from '../../host/store/lease-store.ts';
import { isLockedError } from '../../host/store/sqlite-error.ts';
import { openSqliteLeaseStore } from '../../host/store/sqlite-lease-store.ts';
import { UnavailableLeaseStore } from '../../host/store/unavailable-lease-store.ts';
import { Claims } from './claims.ts';

/** `isOpen`: its directory is there, and this daemon's alone. */
export type State = { readonly store: LeaseStore; readonly claims: Claims; readonly isOpen: boolean };

/** Another daemon holds the same state: two would open and close the same doors. */
export class AlreadyRunningError extends Error {
  override readonly name = 'AlreadyRunningError';
}

/**
 * The state of one daemon: a directory below `directory`, named after its configuration file and, if the command
 * line names interfaces, these. Two daemons on one machine share nothing but the firewall, which one of them has.
 */
export function stateName(configFile: string, interfaces: string | undefined): string {
  const plain = (text: string): string => text.replaceAll(/[^A-Za-z0-9._,-]+/g, '-').replace(/^-+/, '');
  return plain(realPath(configFile)) + (interfaces === undefined ? '' : `@${plain(interfaces)}`);
}

/** By whatever link it is named: one file is one daemon. */
function realPath(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return resolve(file);
  }
}

/**
 * Opens the state. Where that cannot be done, the daemon still runs: doors without a stop command open, the others
 * are refused, and the log says why. Throws an `AlreadyRunningError` if another daemon has it.
 */
export function openState(directory: string, name: string, report: (event: Event) => void): State {
  const own = join(directory, name);
  let store: LeaseStore | undefined;
  try {
    makeOwnDirectory(own);
    store = openSqliteLeaseStore(databaseIn(own));
    const claims = claimsIn(own);
    sweepClaims(own, store, claims, report);
    writeFileSync(join(own, 'pid'), `${process.pid}\n`, { mode: 0o600 });
    return { store, claims, isOpen: true };
  } catch (error) {
    store?.close();
    const reason = (error as Error).message;
    if (isLockedError(error)) throw alreadyRunning(own);
    report({
      kind: 'error',
      text: `${reason}; doors that open ports or have a stop command stay shut until knockd is started with a --state directory that it can write to`,
    });
    const claims = new Claims(join(own, 'claims'), 'absent');
    return { store: new UnavailableLeaseStore(reason), claims, isOpen: false };
  }
}

/** What the database has lost without knowing it, the end of its log cut off for one, the claims still tell. */
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
      'it, or its -wal, has been cut off, replaced or removed; look for doors that are still open, and close them by hand',
  });
}

export const databaseIn = (directory: string): string => join(directory, 'leases.db');

export const claimsIn = (directory: string): Claims => new Claims(join(directory, 'claims'));

/** Where `bussa` commands reach the daemon. */
export const controlSocketIn = (directory: string): string => join(directory, 'control');

function makeOwnDirectory(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  assertOwnDirectory(path);
}

/** The rows hold commands that are run as they are: nobody else may write them. */
export function assertOwnDirectory(path: string): void {
  const { uid, mode } = statSync(path);
  if (uid !== process.geteuid?.() || (mode & 0o022) !== 0) {
    throw new Error(
      `the state directory ${path} belongs to another user or may be written by others, who could have commands ` +
        `run: chown and chmod 700 it once you know what is in it, or remove it`,
    );
  }
}

function alreadyRunning(directory: string): AlreadyRunningError {
  let pid = 'another process';
  try {
    pid = `process ${readFileSync(join(directory, 'pid'), 'utf8').trim()}`;
  } catch {
    // It has not come that far yet, or may not be read.
  }
  return new AlreadyRunningError(
    `${pid} already watches with this configuration, and holds ${directory}: stop it first, or give this one a --state directory of its own`,
  );
}

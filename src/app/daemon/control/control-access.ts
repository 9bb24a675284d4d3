import { chmodSync, chownSync, statSync } from 'node:fs';
import type { Event } from '../../../core/event/event.ts';
import { findGroup } from '../../../host/privileges/find-group.ts';
import { controlSocketIn, fleetSocketIn } from '../../state/open-state.ts';

/** inode(7) */
const PERMISSIONS = 0o7777;

const OWN = { socket: 0o600, directory: 0o700 } as const;
/** The group gets access to the socket by its name and nothing else. Other files in the directory stay the owner's. */
const SHARED = { socket: 0o660, directory: 0o710 } as const;
/** For the group bits too: the directory may belong to that group, whose members need no more. */
const OTHERS_PASS = 0o011;

/**
 * Gives a group access to the control socket, or only the owner. The group may pass through `stateDirectory` but cannot
 * list it, and cannot enter the directories of other daemons. On failure the socket stays the owner's, and the failure
 * is reported.
 */
export function shareControl(
  directory: string,
  stateDirectory: string,
  group: string | undefined,
  report: (event: Event) => void,
): void {
  const socket = controlSocketIn(directory);
  try {
    const number = group === undefined ? undefined : findGroup(group);
    if (group !== undefined && number === undefined) throw new Error('there is no such group in /etc/group');
    if (number === undefined) {
      setMode(socket, OWN.socket);
      if (modeOf(directory) === SHARED.directory) setMode(directory, OWN.directory);
      return;
    }
    giveTo(directory, number);
    giveTo(socket, number);
    setMode(directory, SHARED.directory);
    setMode(socket, SHARED.socket);
    setMode(stateDirectory, modeOf(stateDirectory) | OTHERS_PASS);
  } catch (error) {
    const text = `Control_Group = ${group}: the control socket stays private to the daemon's user: ${(error as Error).message}`;
    report({ kind: 'error', text });
  }
}

/** The same for the socket `fleet`. Its group may pass through the directory, whose files stay the owner's. */
export function shareFleetSocket(
  directory: string,
  stateDirectory: string,
  group: string | undefined,
  report: (event: Event) => void,
): void {
  const socket = fleetSocketIn(directory);
  try {
    const number = group === undefined ? undefined : findGroup(group);
    if (group !== undefined && number === undefined) throw new Error('there is no such group in /etc/group');
    if (number === undefined) {
      setMode(socket, OWN.socket);
      return;
    }
    giveTo(socket, number);
    setMode(socket, SHARED.socket);
    setMode(directory, modeOf(directory) | OTHERS_PASS);
    setMode(stateDirectory, modeOf(stateDirectory) | OTHERS_PASS);
  } catch (error) {
    const text = `Group = ${group}: the socket fleet stays private to the daemon's user: ${(error as Error).message}`;
    report({ kind: 'error', text });
  }
}

/** Only if needed: without privileges the call would fail even if nothing had to change. */
function giveTo(path: string, group: number): void {
  const { uid, gid } = statSync(path);
  if (gid === group) return;
  try {
    chownSync(path, uid, group);
  } catch (error) {
    const remedy = `restart the daemon; under systemd make it a member of the group, see docs/privileges.md; or: chgrp ${group} ${path}`;
    throw new Error(`${(error as Error).message}; ${remedy}`);
  }
}

function setMode(path: string, mode: number): void {
  if (modeOf(path) !== mode) chmodSync(path, mode);
}

const modeOf = (path: string): number => statSync(path).mode & PERMISSIONS;

import { closeSync, openSync, readdirSync, readFileSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { callersUmask } from './callers-umask.ts';

/**
 * A file that one command makes before it does anything else, and that only one can make. It tells a later daemon
 * what became of a command whose daemon died: never begun, running still, ended, or cut off in the middle.
 */
export type ClaimState = 'unclaimed' | 'running' | 'ended' | 'cut-off' | 'never';

/** What becomes of a command whose claim cannot be made at all, on a full disk for one. */
export type WithoutClaim = 'refuse' | 'run';

/** Exit status EX_TEMPFAIL of sysexits.h: a start command whose claim could not be made. */
export const CLAIM_FAILED_STATUS = 75;

/**
 * Shell text that runs `command` if nobody else has claimed `path`. The shell's number goes into the file, "done"
 * behind it when the command has ended; on a full disk the file is made executable instead, which takes no room.
 * The command runs in a shell below the one that writes: whatever it does to
 * its own (`exec`, `exit`, a trap, a mistake in its syntax), the end is written down.
 */
export function claimedCommand(path: string, command: string, without: WithoutClaim): string {
  const file = quote(path);
  const otherwise =
    without === 'run'
      ? ':'
      : `{ echo "no claim can be made at "${file}", and so it is not run" >&2; exit ${CLAIM_FAILED_STATUS}; }`;
  // What is not run has no claim: the next daemon sees that nothing was opened.
  const unwritable = without === 'run' ? otherwise : `{ rm -f ${file}; ${otherwise}; }`;
  return [
    'umask 077',
    'set -C',
    // On a full disk the file can often be made, and is ours, though nothing can be written into it.
    `if { true > ${file}; } 2>/dev/null; then { echo $$ >> ${file}; } 2>/dev/null || ${unwritable}`,
    `elif [ -e ${file} ]; then exit 0`,
    `else ${otherwise}; fi`,
    'set +C',
    `umask ${callersUmask().toString(8).padStart(4, '0')}`,
    `(eval ${quote(command)})`,
    'set -- $?',
    `{ echo done >> ${file} || chmod u+x ${file}; } 2>/dev/null`,
    'exit $1',
  ].join('\n');
}

/**
 * Claims the file for this process, so that no command ever will. False when a command was there first. `never`: it
 * says so, for whoever meets it again: a crash may bring back the lease that it belongs to.
 */
export function takeClaim(path: string, text: '' | 'never' = ''): boolean {
  try {
    const file = openSync(path, 'wx', 0o600);
    try {
      if (text !== '') writeWhereThereIsRoom(file, text);
    } finally {
      closeSync(file);
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** On a full disk the claim stays empty: then its lease, should it come back, is closed once too often. */
function writeWhereThereIsRoom(file: number, text: string): void {
  try {
    writeSync(file, text);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}

export function readClaim(path: string): ClaimState {
  const text = readOrNothing(path);
  if (text === undefined) return 'unclaimed';
  if (text === 'never') return 'never';
  if (text.includes('done') || isMarked(path)) return 'ended';
  const pid = /^([0-9]+)\n/.exec(text)?.[1];
  // Where there was no room for the number, all processes are looked through.
  const pids = pid === undefined ? readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name)) : [pid];
  return pids.some((one) => runsBehind(path, one)) ? 'running' : 'cut-off';
}

/** Whether a command has ever been behind the claim, and not only this process. */
export function wasRun(path: string): boolean {
  return /^[0-9]/.test(readOrNothing(path) ?? '');
}

/** The shell's command line holds the claim's path: another process that got the same number is told apart. */
function runsBehind(path: string, pid: string): boolean {
  return readOrNothing(`/proc/${pid}/cmdline`)?.includes(path) === true;
}

function isMarked(path: string): boolean {
  return ((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o100) !== 0;
}

export function dropClaim(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function readOrNothing(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}

/** For a POSIX shell. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

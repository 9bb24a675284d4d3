import { closeSync, openSync, readdirSync, readFileSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { quoteShell } from '../../core/text/quote-word.ts';
import { callersUmask } from './callers-umask.ts';
import { endGroup } from './program-limits.ts';

/**
 * A file that one command makes before it does anything else, and that only one can make. It tells a later daemon
 * what became of a command whose daemon died: never begun, running still, ended, or cut off in the middle.
 */
export type ClaimState = 'unclaimed' | 'running' | 'ended' | 'cut-off' | 'never';

/** What becomes of a command whose claim cannot be made at all, on a full disk for one. */
export type OnClaimFailure = 'refuse' | 'run';

/** Exit status EX_TEMPFAIL of sysexits.h: a start command whose claim could not be made. */
export const CLAIM_FAILED_STATUS = 75;

/** Of the text that a claimed command's shell is given. */
const FIRST_LINE = 'umask 077';

/**
 * Shell text that runs `command` if nobody else has claimed `path`. The shell's number goes into the file; "done" and
 * the status follow when the command has ended by itself; on a full disk the file is made executable instead, which takes
 * no room. Where a signal has ended it (128 and the signal's number, as a shell says it), nothing follows. The command
 * runs in a shell below the one that writes: whatever it does to its own (`exec`, `exit`, a trap, a mistake in its
 * syntax), the end is written down.
 */
export function claimedCommand(path: string, command: string, without: OnClaimFailure): string {
  const file = quoteShell(path);
  const otherwise =
    without === 'run'
      ? ':'
      : `{ echo "cannot create the claim "${file}", so the command is not run" >&2; exit ${CLAIM_FAILED_STATUS}; }`;
  // What is not run has no claim: the next daemon sees that nothing was opened.
  const unwritable = without === 'run' ? otherwise : `{ rm -f ${file}; ${otherwise}; }`;
  return [
    FIRST_LINE,
    'set -C',
    // On a full disk the file can often be made, and is ours, though nothing can be written into it.
    `if { true > ${file}; } 2>/dev/null; then { echo $$ >> ${file}; } 2>/dev/null || ${unwritable}`,
    `elif [ -e ${file} ]; then exit 0`,
    `else ${otherwise}; fi`,
    'set +C',
    `umask ${callersUmask().toString(8).padStart(4, '0')}`,
    `(eval ${quoteShell(command)})`,
    'set -- $?',
    `case $1 in 129|1[345][0-9]) ;; *) { echo "done $1" >> ${file} || chmod u+x ${file}; } 2>/dev/null ;; esac`,
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
  return pidBehind(path, text) === undefined ? 'cut-off' : 'running';
}

/** The status with which the command behind the claim has ended by itself, where it is known. */
export function readClaimStatus(path: string): number | undefined {
  const status = /^done ([0-9]+)$/m.exec(readOrNothing(path) ?? '')?.[1];
  return status === undefined ? undefined : Number(status);
}

/** Ends the command behind the claim, if it runs still, with its process group. */
export async function endClaimed(path: string, graceMs: number): Promise<void> {
  const text = readOrNothing(path) ?? '';
  const pid = pidBehind(path, text);
  if (pid === undefined) return;
  const group = groupOf(pid);
  // A command leads a group of its own, which its shell has given its number: no other group is ours to end.
  if (group === (shellOf(text) ?? pid)) await endGroup(Number(group), graceMs);
}

/** The shell of the command behind the claim or, where that is gone, one of those below it. */
function pidBehind(path: string, text: string): string | undefined {
  const shell = shellOf(text);
  if (shell !== undefined && runsBehind(path, shell)) return shell;
  const pids = processes().filter((pid) => runsBehind(path, pid));
  // Where there was no room for the shell's number, nobody knows it.
  return pids.find((pid) => groupOf(pid) === (shell ?? pid)) ?? (shell === undefined ? pids[0] : undefined);
}

/** None where /proc does not exist: a command of a dead daemon counts as cut off then, and a closing is run again. */
function processes(): string[] {
  try {
    return readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name));
  } catch {
    return [];
  }
}

const shellOf = (text: string): string | undefined => /^([0-9]+)\n/.exec(text)?.[1];

/** proc_pid_stat(5): the fifth field; the second is a name in brackets, with whatever in it. */
function groupOf(pid: string): string | undefined {
  const stat = readOrNothing(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[2];
}

/** Whether a command has ever been behind the claim, and not only this process. */
export function wasRun(path: string): boolean {
  return /^[0-9]/.test(readOrNothing(path) ?? '');
}

/** The shell's command line holds the claim's path: another process that got the same number is told apart. */
function runsBehind(path: string, pid: string): boolean {
  const line = readOrNothing(`/proc/${pid}/cmdline`);
  return line?.includes(`\0-c\0${FIRST_LINE}\n`) === true && line.includes(path);
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

import { closeSync, openSync, readdirSync, readFileSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { quoteShell } from '../../core/text/quote-word.ts';
import { callersUmask } from './callers-umask.ts';
import { endGroup } from './program-limits.ts';

/**
 * A claim is a file that a command creates before it does anything else; only one process can create it. It tells a
 * later daemon about a command whose daemon died: never begun, still running, ended, or killed midway.
 */
export type ClaimState = 'unclaimed' | 'running' | 'ended' | 'cut-off' | 'never';

/** What to do with a command whose claim cannot be created, for example on a full disk. */
export type OnClaimFailure = 'refuse' | 'run';

/** Exit status EX_TEMPFAIL of sysexits.h, for a start command whose claim could not be created. */
export const CLAIM_FAILED_STATUS = 75;

/** Of the text for a claimed command's shell. */
const FIRST_LINE = 'umask 077';

/**
 * Shell text that runs `command` if no other process has claimed `path`. The shell writes its pid into the file, and
 * "done" with the status when the command has ended by itself. On a full disk it makes the file executable instead,
 * which needs no space. If a signal ended the command (status 128 plus the signal's number), it writes nothing. The
 * command runs in a subshell, so that the end is recorded whatever it does (`exec`, `exit`, a trap, a syntax error).
 */
export function claimedCommand(path: string, command: string, without: OnClaimFailure): string {
  const file = quoteShell(path);
  const otherwise =
    without === 'run'
      ? ':'
      : `{ echo "cannot create the claim "${file}", so the command is not run" >&2; exit ${CLAIM_FAILED_STATUS}; }`;
  // A command that does not run has no claim: the next daemon sees that nothing was opened.
  const unwritable = without === 'run' ? otherwise : `{ rm -f ${file}; ${otherwise}; }`;
  return [
    FIRST_LINE,
    'set -C',
    // On a full disk the file can often be created, and is ours, although nothing can be written to it.
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
 * Claims the file for this process, so that no command ever will. False: a command was first. `never`: written into the
 * file for later readers, since a crash may bring back the lease that it belongs to.
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

/** On a full disk the claim stays empty. If its lease comes back, it is closed once too often. */
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

/** The exit status of a command that ended by itself, if known. */
export function readClaimStatus(path: string): number | undefined {
  const status = /^done ([0-9]+)$/m.exec(readOrNothing(path) ?? '')?.[1];
  return status === undefined ? undefined : Number(status);
}

/** Ends the command behind the claim, with its process group, if it still runs. */
export async function endClaimed(path: string, graceMs: number): Promise<void> {
  const text = readOrNothing(path) ?? '';
  const pid = pidBehind(path, text);
  if (pid === undefined) return;
  const group = groupOf(pid);
  // A command leads its own group, whose number its shell has written: other groups are not ours to end.
  if (group === (shellOf(text) ?? pid)) await endGroup(Number(group), graceMs);
}

/** The shell of the command behind the claim or, if it is gone, a descendant. */
function pidBehind(path: string, text: string): string | undefined {
  const shell = shellOf(text);
  if (shell !== undefined && runsBehind(path, shell)) return shell;
  const pids = processes().filter((pid) => runsBehind(path, pid));
  // If there was no space for the shell's pid, it is unknown.
  return pids.find((pid) => groupOf(pid) === (shell ?? pid)) ?? (shell === undefined ? pids[0] : undefined);
}

/** Empty without /proc: then a dead daemon's command counts as killed midway, and a closing is repeated. */
function processes(): string[] {
  try {
    return readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name));
  } catch {
    return [];
  }
}

const shellOf = (text: string): string | undefined => /^([0-9]+)\n/.exec(text)?.[1];

/** proc_pid_stat(5): the fifth field. The second is a name in brackets that may contain anything. */
function groupOf(pid: string): string | undefined {
  const stat = readOrNothing(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[2];
}

/** Whether a command was ever behind the claim, and not only this process. */
export function wasRun(path: string): boolean {
  return /^[0-9]/.test(readOrNothing(path) ?? '');
}

/** The shell's command line contains the claim's path, which tells it from another process with a reused pid. */
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

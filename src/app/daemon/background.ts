import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { libc } from '../../host/ffi/libc.ts';
import { ownCommand } from '../../host/system/own-program.ts';
import type { DaemonOptions } from './daemon-options.ts';
import { READY_FD, READY_MARK, takeReadyMark } from './ready-mark.ts';
import { runDaemon } from './run-daemon.ts';

const READY_WORD = 'listening\n';

/**
 * Runs the daemon here until it ends, or in the background until it listens. `complain` takes lines for the person
 * who started it. Returns the exit status.
 */
export async function startOrRun(options: DaemonOptions, complain: (line: string) => void): Promise<number> {
  if (!options.background) return runDaemon(options, complain, () => undefined);
  return takeReadyMark() ? runDaemon(options, complain, leaveTerminal) : startChild(complain);
}

/**
 * Starts this very program again in a session of its own and waits until it listens, or ends. What it says until
 * then comes out here. Returns 0 only if it listens.
 */
async function startChild(complain: (line: string) => void): Promise<number> {
  const { file, name, args } = ownCommand();
  const child = spawn(file, args, {
    argv0: name,
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
    env: { ...process.env, ...READY_MARK },
  });
  const status = await Promise.race([listening(child), ended(child, complain)]);
  child.unref();
  return status;
}

function listening(child: ChildProcess): Promise<number> {
  const pipe = child.stdio[READY_FD] as Readable;
  return new Promise((resolve) => {
    pipe.once('data', () => {
      pipe.destroy();
      resolve(0);
    });
  });
}

function ended(child: ChildProcess, complain: (line: string) => void): Promise<number> {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      complain(`knockd: cannot start in the background: ${error.message}`);
      resolve(1);
    });
    // A child that ends before it listens has failed, whatever it says.
    child.once('exit', (status) => resolve(status === null || status === 0 ? 1 : status));
  });
}

/** In the child: lets the terminal go, and the parent. */
function leaveTerminal(): void {
  const nowhere = openSync('/dev/null', 'r+');
  for (const fd of [0, 1, 2]) libc.dup2(nowhere, fd);
  closeSync(nowhere);
  try {
    writeSync(READY_FD, READY_WORD);
  } catch (error) {
    // The parent was killed: nobody is left to be told.
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
  }
  closeSync(READY_FD);
}

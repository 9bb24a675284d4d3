import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { libc } from '../../../host/ffi/libc.ts';
import { descriptorOf } from '../../../host/files/descriptor-name.ts';
import { keepDescriptorsFromPrograms } from '../../../host/files/descriptor-path.ts';
import { ownCommand } from '../../../host/self/own-program.ts';
import type { DaemonOptions } from '../../config/daemon-options.ts';
import type { Daemon } from '../composition/daemon.ts';
import { runDaemon } from './run-daemon.ts';
import { consumeStartupSignal, READY_FD, STARTUP_SIGNAL } from './startup-signal.ts';

const READY_WORD = 'listening\n';
const FAILED = 1;

/**
 * Runs the daemon here until it ends, or in the background until it listens. `printError` prints to the user who
 * started it. Returns the exit status.
 */
export async function startOrRun(
  options: DaemonOptions,
  printError: (line: string) => void,
): Promise<number> {
  if (!options.background) return runDaemon(options, printError, () => undefined);
  const cannot = (error: unknown): number => {
    printError(`knockd: cannot start in the background: ${(error as Error).message}`);
    return FAILED;
  };
  let nowhere: number;
  try {
    if (!consumeStartupSignal()) return await startChild(options, cannot);
    // Opened early: after the ports are closed nothing may fail.
    nowhere = openSync('/dev/null', 'r+');
  } catch (error) {
    return cannot(error);
  }
  return runDaemon(options, printError, (daemon) => leaveTerminal(daemon, nowhere));
}

/**
 * Starts this program again in a session of its own, and waits until it listens or exits. Passes its output on until
 * then. Returns 0 only if it listens.
 */
async function startChild(
  { configFile }: DaemonOptions,
  cannot: (error: unknown) => number,
): Promise<number> {
  const { file, name, args } = ownCommand();
  // A caller that waits for the end of its own pipe would otherwise wait for the end of the daemon.
  keepDescriptorsFromPrograms(descriptorOf(configFile));
  const child = spawn(file, args, {
    argv0: name,
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
    env: { ...process.env, ...STARTUP_SIGNAL },
  });
  const status = await Promise.race([listening(child), ended(child, cannot)]);
  child.unref();
  return status;
}

function listening(child: ChildProcess): Promise<number> {
  // Without a free descriptor there are no pipes; the error event follows.
  const pipe = child.stdio?.[READY_FD] as Readable | undefined;
  return new Promise((resolve) => {
    pipe?.once('data', () => {
      pipe.destroy();
      resolve(0);
    });
  });
}

function ended(child: ChildProcess, cannot: (error: unknown) => number): Promise<number> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(cannot(error)));
    // A child that exits before it listens has failed, whatever its status.
    child.once('exit', (status) => resolve(status === null || status === 0 ? FAILED : status));
  });
}

/** In the child: releases the terminal, the caller's pipes, and the parent. */
function leaveTerminal(daemon: Daemon, nowhere: number): void {
  for (const fd of [0, 1, 2]) libc.dup2(nowhere, fd);
  closeSync(nowhere);
  daemon.leaveTerminal();
  try {
    writeSync(READY_FD, READY_WORD);
  } catch (error) {
    // The parent was killed: nobody is waiting.
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
  }
  closeSync(READY_FD);
}

import { type ChildProcess, spawn } from 'node:child_process';
import { siblingCommand } from '../../../host/self/own-program.ts';
import type { FromRollback, RollbackRequest, ToRollback } from './rollback-request.ts';

const SOURCE = new URL('rollback-process.ts', import.meta.url).href;

/** Node.js starts in 0.2 s, and more slowly on a loaded machine. */
const START_MS = 30_000;

/** The process that rolls back if this one dies or hangs. */
export type RollbackProcess = {
  /** There is nothing left to roll back: the process ends. */
  over(): void;
};

/**
 * Starts the process in a session of its own, which a closing terminal does not reach. Resolves when it is ready.
 * `onLost`: it ended by itself, so a rollback is no longer guaranteed.
 */
export async function startRollback(request: RollbackRequest, onLost: () => void): Promise<RollbackProcess> {
  const { file, name, args } = siblingCommand('bussa-undo', SOURCE);
  const child = spawn(file, args, {
    argv0: name,
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  // Without a free descriptor there is no channel; the error event follows.
  const send = (message: ToRollback): void => void child.send?.(message, () => undefined);
  try {
    const ready = answer(child);
    send(request);
    await ready;
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  let isOver = false;
  child.once('exit', () => {
    if (!isOver) onLost();
  });
  // Neither process keeps the other from exiting.
  child.unref();
  child.channel?.unref();
  return {
    over: () => {
      isOver = true;
      send({ kind: 'over' });
    },
  };
}

function answer(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => reject(new Error(`the rollback process: ${why}`));
    const timer = setTimeout(fail, START_MS, `not ready within ${START_MS / 1000} s`);
    child.once('error', (error) => fail(error.message));
    child.once('exit', (status, signal) => fail(`it ended (${signal ?? `status ${status}`})`));
    child.once('message', (message: FromRollback) => {
      clearTimeout(timer);
      if (message.kind === 'ready') resolve();
      else fail(message.why);
    });
  });
}

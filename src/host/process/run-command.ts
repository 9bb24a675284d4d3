import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Readable } from 'node:stream';
import type { CommandFailure } from '../../core/event/event.ts';

export type CommandOutcome =
  | { readonly kind: 'ok' }
  | { readonly kind: 'failed'; readonly failure: CommandFailure; readonly lastErrorLine?: string };

/** Of what a command writes to its standard error, the end is kept. */
const ERROR_TAIL_BYTES = 4096;

/** How long to go on reading after the command has ended: a program that it left behind may hold the pipe open. */
const DRAIN_MS = 100;

/**
 * Runs `text` through `/bin/sh -c` in a session of its own, as knockd does: it outlives the daemon. Without a
 * `directory` it runs in this process's own, even where that has been removed. Never rejects.
 */
export function runCommand(text: string, directory?: string): Promise<CommandOutcome> {
  return new Promise((resolve) => {
    let child: ChildProcess;
    try {
      child = spawn('/bin/sh', ['-c', text], {
        ...(directory === undefined ? {} : { cwd: directory }),
        detached: true,
        stdio: ['ignore', 'ignore', 'pipe'],
      });
    } catch (error) {
      // A NUL byte or an argument too long for execve(2).
      resolve(notStarted(error as Error));
      return;
    }
    child.once('error', (error) => resolve(notStarted(error)));
    const stderr: Readable | null | undefined = child.stderr;
    // Without a free descriptor there is not even a pipe, and the error comes in a moment.
    if (!stderr) return;
    const tail = keepTail(stderr);
    child.once('exit', (status, signal) => {
      const finish = (): void => {
        clearTimeout(timer);
        resolve(outcomeOf(status, signal, tail()));
      };
      const timer = setTimeout(finish, DRAIN_MS);
      child.once('close', finish);
    });
  });
}

function notStarted(error: Error): CommandOutcome {
  return { kind: 'failed', failure: { kind: 'not-started', reason: error.message } };
}

function keepTail(stream: Readable): () => string {
  let kept = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => {
    kept = Buffer.concat([kept, chunk]).subarray(-ERROR_TAIL_BYTES);
  });
  // A read error on the pipe is the end of what can be read.
  stream.on('error', () => undefined);
  return () => kept.toString('utf8');
}

function outcomeOf(status: number | null, signal: NodeJS.Signals | null, errors: string): CommandOutcome {
  if (status === 0) return { kind: 'ok' };
  const lastErrorLine = errors.trimEnd().split('\n').at(-1)?.trim();
  return {
    kind: 'failed',
    failure: failureOf(status, signal),
    ...(lastErrorLine === undefined || lastErrorLine === '' ? {} : { lastErrorLine }),
  };
}

/** A shell says 128 and the signal's number for a command that a signal ended. */
function failureOf(status: number | null, signal: NodeJS.Signals | null): CommandFailure {
  const number = status !== null && status > 128 ? status - 128 : undefined;
  const name = signal ?? Object.entries(constants.signals).find(([, value]) => value === number)?.[0];
  if (name !== undefined) return { kind: 'signal', signal: name };
  return { kind: 'status', status: status ?? -1 };
}

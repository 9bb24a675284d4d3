import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Readable } from 'node:stream';
import { chooseErrorLines, hadNoResources } from '../../core/event/error-lines.ts';
import type { CommandFailure } from '../../core/event/event.ts';
import { requireRoomToSpawn } from '../ffi/require-room-to-spawn.ts';
import { withCallersUmask } from './callers-umask.ts';

/** Absent fields: the directory and the environment of this process. */
export type ProgramCall = {
  readonly file: string;
  readonly args: readonly string[];
  readonly directory?: string | undefined;
  readonly environment?: Readonly<Record<string, string>>;
};

export type ProgramOutcome =
  | { readonly kind: 'ok' }
  | { readonly kind: 'failed'; readonly failure: CommandFailure; readonly lastErrorLine?: string };

/** A running program, the leader of its process group. */
export type RunningProgram = { readonly pid: number; readonly stderr: Readable };

/** The beginning and the end of standard error are kept: usage text may follow the error. */
const ERROR_HEAD_BYTES = 2048;
const ERROR_TAIL_BYTES = 4096;

/** How long to keep reading after the program has ended: a process that it left behind may hold the pipe open. */
const DRAIN_MS = 100;

/** Runs a program in a session of its own, so that it outlives the daemon. Never rejects. */
export function runProgram(
  { file, args, directory, environment }: ProgramCall,
  onStart: (program: RunningProgram) => void = () => undefined,
): Promise<ProgramOutcome> {
  return new Promise((resolve) => {
    let child: ChildProcess;
    try {
      requireRoomToSpawn(1, file);
      // libuv returns when the program runs, or cannot be run.
      child = withCallersUmask(() =>
        spawn(file, args, {
          ...(directory === undefined ? {} : { cwd: directory }),
          ...(environment === undefined ? {} : { env: environment }),
          detached: true,
          stdio: ['ignore', 'ignore', 'pipe'],
        }),
      );
    } catch (error) {
      // No descriptor, a NUL byte, or an argument too long for execve(2).
      resolve(notStarted(error as Error));
      return;
    }
    child.once('error', (error) => resolve(notStarted(error)));
    const stderr: Readable | null | undefined = child.stderr;
    // Without a free descriptor there is no pipe; the error event follows.
    if (!stderr) return;
    const errors = keepErrors(stderr);
    if (child.pid !== undefined) onStart({ pid: child.pid, stderr });
    child.once('exit', (status, signal) => {
      const finish = (): void => {
        clearTimeout(timer);
        resolve(outcomeOf(status, signal, errors()));
      };
      const timer = setTimeout(finish, DRAIN_MS);
      child.once('close', finish);
    });
  });
}

function notStarted(error: Error): ProgramOutcome {
  return { kind: 'failed', failure: { kind: 'not-started', reason: error.message } };
}

function keepErrors(stream: Readable): () => string {
  let head = Buffer.alloc(0);
  let tail = Buffer.alloc(0);
  let isCut = false;
  stream.on('data', (chunk: Buffer) => {
    const room = ERROR_HEAD_BYTES - head.length;
    head = Buffer.concat([head, chunk.subarray(0, room)]);
    const rest = Buffer.concat([tail, chunk.subarray(room)]);
    isCut ||= rest.length > ERROR_TAIL_BYTES;
    tail = rest.subarray(-ERROR_TAIL_BYTES);
  });
  // A read error on the pipe ends the reading.
  stream.on('error', () => undefined);
  return () => Buffer.concat(isCut ? [head, Buffer.from('\n'), tail] : [head, tail]).toString('utf8');
}

function outcomeOf(status: number | null, signal: NodeJS.Signals | null, errors: string): ProgramOutcome {
  if (status === 0) return { kind: 'ok' };
  const errorLines = chooseErrorLines(errors);
  if (status !== null && hadNoResources(status, errors)) {
    return { kind: 'failed', failure: { kind: 'not-started', reason: errorLines ?? '' } };
  }
  return {
    kind: 'failed',
    failure: failureOf(status, signal),
    ...(errorLines === undefined ? {} : { lastErrorLine: errorLines }),
  };
}

/** A shell reports 128 plus the signal's number for a command that a signal ended. */
function failureOf(status: number | null, signal: NodeJS.Signals | null): CommandFailure {
  const number = status !== null && status > 128 ? status - 128 : undefined;
  const name = signal ?? Object.entries(constants.signals).find(([, value]) => value === number)?.[0];
  if (name !== undefined) return { kind: 'signal', signal: name };
  return { kind: 'status', status: status ?? -1 };
}

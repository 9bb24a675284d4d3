import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningProgram } from './run-program.ts';

export type ProgramLimits = {
  /** Time limit; absent: none. */
  readonly timeMs?: number;
  /** From SIGTERM to SIGKILL. */
  readonly graceMs: number;
  /** Limit for standard error; absent: none. */
  readonly outputBytes?: number;
};

export type Excess =
  | { readonly kind: 'timed-out'; readonly timeMs: number }
  | { readonly kind: 'too-much-output'; readonly outputBytes: number };

/** Interval of checks on a group that is being ended. */
const LOOK_MS = 50;

/** Ends a program that exceeds its limits, with its whole process group. */
export class LimitedProgram {
  readonly #program: RunningProgram;
  readonly #limits: ProgramLimits;
  readonly #timer: NodeJS.Timeout | undefined;
  #written = 0;
  #excess: Excess | undefined;
  #ending: Promise<void> | undefined;

  constructor(program: RunningProgram, limits: ProgramLimits) {
    this.#program = program;
    this.#limits = limits;
    const { timeMs, outputBytes } = limits;
    if (timeMs !== undefined) {
      this.#timer = setTimeout(() => this.#exceed({ kind: 'timed-out', timeMs }), timeMs);
    }
    if (outputBytes === undefined) return;
    program.stderr.on('data', (chunk: Buffer) => {
      this.#written += chunk.length;
      if (this.#written > outputBytes) this.#exceed({ kind: 'too-much-output', outputBytes });
    });
  }

  /** Must be called when the program has ended. If it exceeded a limit, resolves when its group has ended too. */
  async release(): Promise<Excess | undefined> {
    clearTimeout(this.#timer);
    this.#program.stderr.destroy();
    await this.#ending;
    return this.#excess;
  }

  /** Ends the rest of its process group. */
  end(): void {
    this.#ending ??= endGroup(this.#program.pid, this.#limits.graceMs);
  }

  #exceed(excess: Excess): void {
    if (this.#excess !== undefined) return;
    this.#excess = excess;
    // Its further output is dropped: the pipe is closed.
    if (excess.kind === 'too-much-output') this.#program.stderr.destroy();
    this.end();
  }
}

/**
 * A group's number cannot be reused while a process of the group lives. Frequent checks keep the time short in which it
 * could be.
 */
export async function endGroup(leader: number, graceMs: number): Promise<void> {
  const deadline = performance.now() + graceMs;
  signalGroup(leader, 'SIGTERM');
  while (signalGroup(leader, 0)) {
    if (performance.now() >= deadline) {
      signalGroup(leader, 'SIGKILL');
      return;
    }
    await sleep(LOOK_MS);
  }
}

/** Whether the group has a process. One of another user, which cannot be signalled, counts. */
function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-leader, signal);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
    return code === 'EPERM';
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningProgram } from './run-program.ts';

export type ProgramLimits = {
  /** How long it may run; absent: as long as it likes. */
  readonly timeMs?: number;
  /** From SIGTERM to SIGKILL. */
  readonly graceMs: number;
  /** What it may write to its standard error; absent: as much as it likes. */
  readonly outputBytes?: number;
};

export type Excess =
  | { readonly kind: 'timed-out'; readonly timeMs: number }
  | { readonly kind: 'too-much-output'; readonly outputBytes: number };

/** How often a group that is to end is looked at. */
const LOOK_MS = 50;

/** Ends a program that goes beyond its limits, with its whole process group. */
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

  /** To be called when the program has ended. Resolves, if it went beyond a limit, when its group has ended too. */
  async release(): Promise<Excess | undefined> {
    clearTimeout(this.#timer);
    this.#program.stderr.destroy();
    await this.#ending;
    return this.#excess;
  }

  /** Ends what is left of its process group. */
  end(): void {
    this.#ending ??= endGroup(this.#program.pid, this.#limits.graceMs);
  }

  #exceed(excess: Excess): void {
    if (this.#excess !== undefined) return;
    this.#excess = excess;
    // What it writes from now on costs nothing: the pipe is closed.
    if (excess.kind === 'too-much-output') this.#program.stderr.destroy();
    this.end();
  }
}

/**
 * The number of a group is nobody else's while a process of the group lives; looking often keeps the time short in
 * which it could become somebody's.
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

/** Whether there is a process in the group. One of another user's, which cannot be signalled, counts. */
function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-leader, signal);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
    return code === 'EPERM';
  }
}

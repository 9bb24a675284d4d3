import { JobQueue } from './job-queue.ts';
import { type CommandOutcome, runCommand } from './run-command.ts';

export type RunnerLimits = {
  /** Opening commands that run at one time, and closing commands likewise. */
  readonly running: number;
  /** Opening commands that wait for their turn. Closing commands always may wait. */
  readonly waiting: number;
};

export const DEFAULT_RUNNER_LIMITS: RunnerLimits = { running: 32, waiting: 4096 };

/**
 * Runs commands side by side. Opening ones that hang do not hold up those that close.
 * BOUNDED: by twice `running` processes and `waiting` openings; closings that wait by the leases there are.
 */
export class CommandRunner {
  readonly #limits: RunnerLimits;
  readonly #openings: JobQueue;
  readonly #closings: JobQueue;
  readonly #directory: string | undefined;

  /** `directory`: where the commands run; where this process does if it is undefined. */
  constructor(directory: string | undefined, limits: RunnerLimits = DEFAULT_RUNNER_LIMITS) {
    this.#directory = directory;
    this.#limits = limits;
    this.#openings = new JobQueue(limits.running);
    this.#closings = new JobQueue(limits.running);
  }

  /** Whether one more opening command would be taken. */
  get hasRoom(): boolean {
    return this.#openings.waiting < this.#limits.waiting;
  }

  open(text: string): Promise<CommandOutcome> {
    return this.#openings.run(() => runCommand(text, this.#directory));
  }

  close(text: string): Promise<CommandOutcome> {
    return this.#closings.run(() => runCommand(text, this.#directory));
  }
}

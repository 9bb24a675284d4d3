import { type CommandOutcome, runCommand } from './run-command.ts';

type Job = { readonly text: string; readonly done: (outcome: CommandOutcome) => void };

type Queue = { readonly waiting: Job[]; running: number };

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
  readonly #openings: Queue = { waiting: [], running: 0 };
  readonly #closings: Queue = { waiting: [], running: 0 };
  readonly #directory: string | undefined;

  /** `directory`: where the commands run; where this process does if it is undefined. */
  constructor(directory: string | undefined, limits: RunnerLimits = DEFAULT_RUNNER_LIMITS) {
    this.#directory = directory;
    this.#limits = limits;
  }

  /** Whether one more opening command would be taken. */
  get hasRoom(): boolean {
    return this.#openings.waiting.length < this.#limits.waiting;
  }

  open(text: string): Promise<CommandOutcome> {
    return this.#enqueue(this.#openings, text);
  }

  close(text: string): Promise<CommandOutcome> {
    return this.#enqueue(this.#closings, text);
  }

  #enqueue(queue: Queue, text: string): Promise<CommandOutcome> {
    return new Promise((done) => {
      queue.waiting.push({ text, done });
      this.#startNext(queue);
    });
  }

  #startNext(queue: Queue): void {
    if (queue.running >= this.#limits.running) return;
    const job = queue.waiting.shift();
    if (job === undefined) return;
    queue.running++;
    void this.#run(queue, job);
  }

  async #run(queue: Queue, job: Job): Promise<void> {
    const outcome = await runCommand(job.text, this.#directory);
    queue.running--;
    job.done(outcome);
    this.#startNext(queue);
  }
}

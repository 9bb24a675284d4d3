import { type CommandOutcome, runCommand } from './run-command.ts';

type Job = { readonly text: string; readonly done: (outcome: CommandOutcome) => void };

export type RunnerLimits = {
  /** Commands that run at one time. */
  readonly running: number;
  /** Opening commands that wait for their turn. Closing commands always may wait. */
  readonly waiting: number;
};

export const DEFAULT_RUNNER_LIMITS: RunnerLimits = { running: 32, waiting: 4096 };

/**
 * Runs commands side by side, closing ones before opening ones.
 * BOUNDED: by `running` processes and `waiting` openings; closings by the leases there are.
 */
export class CommandRunner {
  readonly #limits: RunnerLimits;
  readonly #openings: Job[] = [];
  readonly #closings: Job[] = [];
  #running = 0;

  readonly #directory: string;

  /** `directory`: where the commands run. */
  constructor(directory: string, limits: RunnerLimits = DEFAULT_RUNNER_LIMITS) {
    this.#directory = directory;
    this.#limits = limits;
  }

  /** Whether one more opening command would be taken. */
  get hasRoom(): boolean {
    return this.#openings.length < this.#limits.waiting;
  }

  open(text: string): Promise<CommandOutcome> {
    return this.#enqueue(this.#openings, text);
  }

  close(text: string): Promise<CommandOutcome> {
    return this.#enqueue(this.#closings, text);
  }

  #enqueue(queue: Job[], text: string): Promise<CommandOutcome> {
    return new Promise((done) => {
      queue.push({ text, done });
      this.#startNext();
    });
  }

  #startNext(): void {
    if (this.#running >= this.#limits.running) return;
    const job = this.#closings.shift() ?? this.#openings.shift();
    if (job === undefined) return;
    this.#running++;
    void this.#run(job);
  }

  async #run(job: Job): Promise<void> {
    const outcome = await runCommand(job.text, this.#directory);
    this.#running--;
    job.done(outcome);
    this.#startNext();
  }
}

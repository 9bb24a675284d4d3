import { JobQueue } from './job-queue.ts';
import { type CommandOutcome, runCommand } from './run-command.ts';

export type RunnerLimits = {
  /** Opening commands that run at one time, and closing commands likewise. */
  readonly running: number;
  /** Opening commands of one door that run at one time: one that hangs leaves the others their share. */
  readonly runningOfDoor?: number;
  /** Opening commands of one door that wait for their turn. Closing commands always may wait. */
  readonly waiting: number;
};

export const DEFAULT_RUNNER_LIMITS: RunnerLimits = { running: 64, runningOfDoor: 8, waiting: 1024 };

/**
 * Runs commands side by side. Opening ones that hang do not hold up those that close, nor those of other doors.
 * BOUNDED: by twice `running` processes and `waiting` openings a door; closings that wait by the leases there are.
 */
export class CommandRunner {
  readonly #limits: RunnerLimits;
  readonly #openings: JobQueue;
  readonly #closings: JobQueue;
  /** BOUNDED: by the doors that there have been. */
  readonly #doors = new Map<string, JobQueue>();
  /** Places that have been promised, by door. BOUNDED: as the openings that wait. */
  readonly #reserved = new Map<string, number>();
  readonly #directory: string | undefined;

  /** `directory`: where the commands run; where this process does if it is undefined. */
  constructor(directory: string | undefined, limits: RunnerLimits = DEFAULT_RUNNER_LIMITS) {
    this.#directory = directory;
    this.#limits = limits;
    this.#openings = new JobQueue(limits.running);
    this.#closings = new JobQueue(limits.running);
  }

  /** Whether one more opening command of the door would be taken. */
  hasRoom(door: string): boolean {
    const queue = this.#queueOf(door);
    return queue.waiting + (this.#reserved.get(door) ?? 0) < this.#limits.waiting + queue.free;
  }

  /** Keeps a place for an opening command of the door, until what is returned is called. `undefined`: there is none. */
  reserve(door: string): (() => void) | undefined {
    if (!this.hasRoom(door)) return undefined;
    this.#reserved.set(door, (this.#reserved.get(door) ?? 0) + 1);
    return () => {
      this.#reserved.set(door, (this.#reserved.get(door) ?? 0) - 1);
    };
  }

  open(door: string, text: string): Promise<CommandOutcome> {
    return this.#queueOf(door).run(() => this.#openings.run(() => runCommand(text, this.#directory)));
  }

  close(text: string): Promise<CommandOutcome> {
    return this.#closings.run(() => runCommand(text, this.#directory));
  }

  #queueOf(door: string): JobQueue {
    const known = this.#doors.get(door);
    if (known !== undefined) return known;
    const { running, runningOfDoor = running } = this.#limits;
    const queue = new JobQueue(runningOfDoor);
    this.#doors.set(door, queue);
    return queue;
  }
}

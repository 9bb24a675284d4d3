import { FairQueue, type Wait } from './fair-queue.ts';
import { type CommandOutcome, runCommand } from './run-command.ts';

export type RunnerLimits = {
  /**
   * Slots for start commands that the doors share, and the same number for stop commands. Each door also has one of its
   * own.
   */
  readonly running: number;
  /** Default for start commands of one door that run at a time, and the same for stop commands. */
  readonly runningOfDoor?: number;
  /** Start commands of one door that may wait. Stop commands may always wait. */
  readonly waiting: number;
};

export const DEFAULT_RUNNER_LIMITS: RunnerLimits = { running: 64, runningOfDoor: 8, waiting: 1024 };

export type CommandCall = {
  readonly door: string;
  readonly text: string;
  /** Commands of the door that run at a time. */
  readonly share?: number | undefined;
  /** Time limit; 0 or absent: none. */
  readonly timeMs?: number;
  /** Called when it starts to run. */
  readonly onStart?: () => void;
  /** Called at once if it has to wait. */
  readonly onWait?: (wait: Wait) => void;
};

/**
 * Runs commands in parallel. Hanging start commands do not delay stop commands, and commands of one door do not delay
 * another's. BOUNDED: by twice `running` processes, plus two per door; `waiting` start commands per door; waiting stop
 * commands by the number of leases.
 */
export class CommandRunner {
  readonly #limits: RunnerLimits;
  readonly #openings: FairQueue;
  readonly #closings: FairQueue;
  /** Reserved slots, by door. BOUNDED: as the waiting start commands. */
  readonly #reserved = new Map<string, number>();
  readonly #directory: string | undefined;

  /** `directory`: where the commands run. Undefined: this process's directory. */
  constructor(directory: string | undefined, limits: RunnerLimits = DEFAULT_RUNNER_LIMITS) {
    this.#directory = directory;
    this.#limits = limits;
    this.#openings = new FairQueue(limits.running);
    this.#closings = new FairQueue(limits.running);
  }

  /** Whether one more start command of the door would be accepted. `share`: as in a call. */
  hasRoom(door: string, share?: number): boolean {
    const free = Math.max(0, this.#shareOf(share) - this.#openings.running(door));
    return this.#openings.waiting(door) + (this.#reserved.get(door) ?? 0) < this.#limits.waiting + free;
  }

  /**
   * Reserves a slot for a start command of the door, until the returned function is called. `undefined`: there is none.
   */
  reserve(door: string, share?: number): (() => void) | undefined {
    if (!this.hasRoom(door, share)) return undefined;
    this.#reserved.set(door, (this.#reserved.get(door) ?? 0) + 1);
    return () => {
      const left = (this.#reserved.get(door) ?? 0) - 1;
      if (left > 0) this.#reserved.set(door, left);
      else this.#reserved.delete(door);
    };
  }

  open(call: CommandCall): Promise<CommandOutcome> {
    return this.#run(this.#openings, call);
  }

  close(call: CommandCall): Promise<CommandOutcome> {
    return this.#run(this.#closings, call);
  }

  #run(queue: FairQueue, { door, text, share, timeMs = 0, onStart, onWait }: CommandCall) {
    return new Promise<CommandOutcome>((resolve) => {
      queue.add({
        owner: door,
        share: this.#shareOf(share),
        run: async () => {
          onStart?.();
          resolve(await runCommand(text, this.#directory, timeMs));
        },
        ...(onWait === undefined ? {} : { onWait }),
      });
    });
  }

  #shareOf(share: number | undefined): number {
    return share ?? this.#limits.runningOfDoor ?? this.#limits.running;
  }
}

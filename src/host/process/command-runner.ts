import { type CommandOutcome, runCommand } from './run-command.ts';
import { ShareQueue, type Wait } from './share-queue.ts';

export type RunnerLimits = {
  /** Places for start commands that the doors share, and for stop commands likewise; each door has one of its own. */
  readonly running: number;
  /** Opening commands of one door that run at one time, and stop commands likewise, where a call does not say it. */
  readonly runningOfDoor?: number;
  /** Opening commands of one door that wait for their turn. Closing commands always may wait. */
  readonly waiting: number;
};

export const DEFAULT_RUNNER_LIMITS: RunnerLimits = { running: 64, runningOfDoor: 8, waiting: 1024 };

export type CommandCall = {
  readonly door: string;
  readonly text: string;
  /** Commands of the door that run at one time. */
  readonly share?: number | undefined;
  /** How long it may run; 0 or absent: as long as it likes. */
  readonly timeMs?: number;
  /** Called when it begins to run. */
  readonly onStart?: () => void;
  /** Called at once if it has to wait. */
  readonly onWait?: (wait: Wait) => void;
};

/**
 * Runs commands side by side. Opening ones that hang do not hold up those that close, and those of one door do not hold
 * up another's.
 * BOUNDED: by twice `running` processes and twice one for each door; `waiting` openings a door; closings that wait by
 * the leases there are.
 */
export class CommandRunner {
  readonly #limits: RunnerLimits;
  readonly #openings: ShareQueue;
  readonly #closings: ShareQueue;
  /** Places that have been promised, by door. BOUNDED: as the openings that wait. */
  readonly #reserved = new Map<string, number>();
  readonly #directory: string | undefined;

  /** `directory`: where the commands run; where this process does if it is undefined. */
  constructor(directory: string | undefined, limits: RunnerLimits = DEFAULT_RUNNER_LIMITS) {
    this.#directory = directory;
    this.#limits = limits;
    this.#openings = new ShareQueue(limits.running);
    this.#closings = new ShareQueue(limits.running);
  }

  /** Whether one more start command of the door would be taken. `share`: as in a call. */
  hasRoom(door: string, share?: number): boolean {
    const free = Math.max(0, this.#shareOf(share) - this.#openings.running(door));
    return this.#openings.waiting(door) + (this.#reserved.get(door) ?? 0) < this.#limits.waiting + free;
  }

  /** Keeps a place for a start command of the door, until what is returned is called. `undefined`: there is none. */
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

  #run(queue: ShareQueue, { door, text, share, timeMs = 0, onStart, onWait }: CommandCall) {
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

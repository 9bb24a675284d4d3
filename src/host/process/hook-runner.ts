import { type Hook, type HookOccasion, hookEnvironment } from '../../core/door/hook.ts';
import { JobQueue } from './job-queue.ts';
import type { ProgramLimits } from './program-limits.ts';
import { DEFAULT_HOOK_LIMITS, type HookOutcome, runHook } from './run-hook.ts';

/** `refused`: it has not run, since too many were waiting, or the time was over in which the daemon ends. */
export type HookResult = HookOutcome | { readonly kind: 'refused'; readonly why: 'full' | 'ended' };

export type HookRunnerLimits = ProgramLimits & {
  readonly running: number;
  readonly waiting: number;
  /** How long those that wait may still start when the daemon ends. */
  readonly settleMs: number;
};

export const DEFAULT_HOOK_RUNNER_LIMITS: HookRunnerLimits = {
  ...DEFAULT_HOOK_LIMITS,
  running: 16,
  waiting: 1_024,
  settleMs: 30_000,
};

/**
 * Runs hooks side by side; those of one source and door one after the other, so that a close never overtakes its
 * open. BOUNDED: by `running` processes and `waiting` hooks; beyond them a hook is refused.
 */
export class HookRunner {
  readonly #directory: string | undefined;
  readonly #limits: HookRunnerLimits;
  readonly #queue: JobQueue;
  readonly #pending = new Set<Promise<HookResult>>();
  /** Raised when a `settle` is over: hooks of an earlier one no longer start. */
  #generation = 0;
  #refused = 0;

  /** `directory`: where the hooks run; where this process does if it is undefined. */
  constructor(directory: string | undefined, limits: HookRunnerLimits = DEFAULT_HOOK_RUNNER_LIMITS) {
    this.#directory = directory;
    this.#limits = limits;
    this.#queue = new JobQueue(limits.running);
  }

  /** Hooks refused since the start. */
  get refused(): number {
    return this.#refused;
  }

  /** Never rejects. */
  async run(hook: Hook, occasion: HookOccasion): Promise<HookResult> {
    if (this.#queue.waiting >= this.#limits.waiting) return this.#refuse('full');
    const generation = this.#generation;
    const result = this.#queue.run<HookResult>(
      async () =>
        generation === this.#generation
          ? runHook(hook, hookEnvironment(occasion), this.#directory, this.#limits)
          : this.#refuse('ended'),
      'door' in occasion ? `${occasion.source}\n${occasion.door}` : undefined,
    );
    this.#pending.add(result);
    try {
      return await result;
    } finally {
      this.#pending.delete(result);
    }
  }

  /**
   * For the end of the daemon: resolves when all have run. Those that have not begun within `settleMs` are refused, and
   * those that run have their own time. A hook taken after this call runs.
   */
  async settle(): Promise<void> {
    const timer = setTimeout(() => this.#generation++, this.#limits.settleMs);
    await Promise.all(this.#pending);
    clearTimeout(timer);
    this.#generation++;
  }

  #refuse(why: 'full' | 'ended'): HookResult {
    this.#refused++;
    return { kind: 'refused', why };
  }
}

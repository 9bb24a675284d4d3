import { type Hook, type HookOccasion, hookEnvironment } from '../../core/door/hook.ts';
import { JobQueue } from './job-queue.ts';
import type { ProgramLimits } from './program-limits.ts';
import { DEFAULT_HOOK_LIMITS, type HookOutcome, runHook } from './run-hook.ts';

/** `refused`: it did not run, because too many were waiting, or the daemon was already ending. */
export type HookResult = HookOutcome | { readonly kind: 'refused'; readonly why: 'full' | 'ended' };

export type HookRunnerLimits = ProgramLimits & {
  readonly running: number;
  readonly waiting: number;
  /** How long waiting hooks may still start when the daemon ends. */
  readonly settleMs: number;
};

export const DEFAULT_HOOK_RUNNER_LIMITS: HookRunnerLimits = {
  ...DEFAULT_HOOK_LIMITS,
  running: 16,
  waiting: 1_024,
  settleMs: 30_000,
};

/**
 * Runs hooks in parallel. Those of one source and door run in order, so that a close never overtakes its open. BOUNDED:
 * by `running` processes and `waiting` hooks; more are refused.
 */
export class HookRunner {
  readonly #directory: string | undefined;
  readonly #limits: HookRunnerLimits;
  readonly #queue: JobQueue;
  readonly #pending = new Set<Promise<HookResult>>();
  /** Increased when a `settle` is over: hooks from before it no longer start. */
  #generation = 0;
  #refused = 0;

  /** `directory`: where the hooks run. Undefined: this process's directory. */
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
   * At the daemon's end: resolves when all hooks have run. Those that have not started within `settleMs` are refused;
   * running ones keep their own time limit. Hooks accepted after this call still run.
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

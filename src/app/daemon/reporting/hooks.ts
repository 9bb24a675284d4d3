import type { Config } from '../../../core/config/file/config.ts';
import type { Hook, HookOccasion } from '../../../core/door/hook.ts';
import type { Event } from '../../../core/event/event.ts';
import { hookOccasion } from '../../../core/event/hook-occasion.ts';
import type { HookResult, HookRunner } from '../../../host/process/hook-runner.ts';

/** Runs the configured hooks for events, and reports hooks that fail. */
export class Hooks {
  readonly #runner: HookRunner;
  readonly #report: (event: Event) => void;
  /** BOUNDED: by the runner. */
  readonly #running = new Set<Promise<void>>();
  #config: Config;
  #hasHooks: boolean;

  constructor(config: Config, runner: HookRunner, report: (event: Event) => void) {
    this.#config = config;
    this.#hasHooks = hasHooks(config);
    this.#runner = runner;
    this.#report = report;
  }

  /** Uses this configuration from now on. */
  replaceConfig(config: Config): void {
    this.#config = config;
    this.#hasHooks = hasHooks(config);
  }

  /** Runs the hook for the event, if there is one. */
  onEvent(event: Event): void {
    if (!this.#hasHooks) return;
    const occasion = hookOccasion(event);
    const hook = occasion === undefined ? undefined : this.#hookFor(occasion);
    if (occasion === undefined || hook === undefined) return;
    const run = this.#run(hook, occasion).finally(() => this.#running.delete(run));
    this.#running.add(run);
  }

  /** Waits for running and queued hooks and their reports, up to a limit. */
  async settle(): Promise<void> {
    await this.#runner.settle();
    await Promise.all(this.#running);
  }

  async #run(hook: Hook, occasion: HookOccasion): Promise<void> {
    const result = await this.#runner.run(hook, occasion);
    if (result.kind !== 'ok') this.#report({ kind: 'error', text: failureText(occasion, result) });
  }

  #hookFor(occasion: HookOccasion): Hook | undefined {
    if (!('door' in occasion)) return this.#config.settings.hooks?.[occasion.event];
    return this.#config.doors.find((door) => door.name === occasion.door)?.hooks?.[occasion.event];
  }
}

const hasHooks = ({ settings, doors }: Config): boolean =>
  settings.hooks !== undefined || doors.some(({ hooks }) => hooks !== undefined);

const REFUSALS = {
  full: 'too many hooks are waiting',
  ended: 'the daemon is stopping, and earlier hooks took too long',
} as const;

function failureText(occasion: HookOccasion, result: Exclude<HookResult, { kind: 'ok' }>): string {
  const where = 'door' in occasion ? `${occasion.source}: ${occasion.door}: ` : '';
  const hook = `${where}on_${occasion.event}`;
  if (result.kind === 'refused') return `${hook} was not run: ${REFUSALS[result.why]}`;
  const { failure, lastErrorLine } = result;
  const tail = lastErrorLine === undefined ? '' : `: ${lastErrorLine}`;
  switch (failure.kind) {
    case 'status':
      return `${hook} returned non-zero status code (${failure.status})${tail}`;
    case 'signal':
      return `${hook} was terminated by signal ${failure.signal}${tail}`;
    case 'not-started':
      return `${hook} could not be started: ${failure.reason}`;
    case 'timed-out':
      return `${hook} exceeded its time limit of ${failure.timeMs / 1000} s and was terminated${tail}`;
    case 'too-much-output':
      return `${hook} was terminated: it wrote more than ${failure.outputBytes} bytes of errors${tail}`;
    default:
      throw new Error(`a failure without words: ${JSON.stringify(failure satisfies never)}`);
  }
}

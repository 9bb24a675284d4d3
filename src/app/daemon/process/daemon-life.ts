import { describeRefusal } from '../../../host/ffi/describe-refusal.ts';
import { exitNow } from '../../../host/ffi/exit-now.ts';
import { isForbidden, isRefusal } from '../../../host/ffi/is-refusal.ts';
import { EXIT, type ExitStatus } from '../../../host/self/exit-status.ts';
import { writeError } from '../../../host/self/report-uncaught.ts';
import { SerialQueue } from '../../../host/serial/serial-queue.ts';
import type { Daemon } from '../composition/daemon.ts';
import type { ServiceNotice } from './service-notice.ts';

/** Handles signals and our own bugs. They may come before the daemon exists. */
export class DaemonLife {
  readonly #opened: AsyncDisposableStack;
  readonly #ended = Promise.withResolvers<ExitStatus>();
  #daemon: Daemon | undefined;
  #notice: ServiceNotice | undefined;
  #wanted: 'nothing' | 'stop' = 'nothing';
  #ending: 'no' | 'stop' | 'crash' = 'no';
  #reloading = false;
  /** Runs reloads one at a time. */
  readonly #reloads = new SerialQueue();

  /** `opened`: what a start has opened so far. Disposing of it restores the state before the start. */
  constructor(opened: AsyncDisposableStack) {
    this.#opened = opened;
    // Node.js opens a debugger on this signal unless it has a listener.
    process.on('SIGUSR1', () => undefined);
    process.on('SIGHUP', () => this.#reloadSoon());
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => this.#stop());
    // From here on the daemon is stopped, not only the process.
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => void this.#crash(error));
  }

  /** Resolves when the daemon has ended. */
  get ended(): Promise<ExitStatus> {
    return this.#ended.promise;
  }

  /** A bug occurred: a start or reload in progress must not succeed. */
  get hasCrashed(): boolean {
    return this.#ending === 'crash';
  }

  handTo(daemon: Daemon, notice: ServiceNotice): void {
    this.#daemon = daemon;
    this.#notice = notice;
    notice.ready();
    daemon.follow(() => notice.changed());
    if (this.#wanted === 'stop') this.#stop();
    void daemon.unconfirmed?.then(() => this.#stop(EXIT.failed));
  }

  /** Many signals at once cause one reload. A stop takes precedence. */
  #reloadSoon(): void {
    if (this.#reloading) return;
    this.#reloading = true;
    setImmediate(() => {
      this.#reloading = false;
      void this.#reloads.take(async () => {
        if (this.#ending !== 'no') return;
        this.#notice?.reloading();
        await this.#daemon?.reload();
        if (this.#ending === 'no') this.#notice?.ready();
      });
    });
  }

  #stop(exit: ExitStatus = EXIT.ok): void {
    this.#wanted = 'stop';
    if (this.#daemon === undefined || this.#ending !== 'no') return;
    this.#ending = 'stop';
    void this.#end(this.#daemon, exit);
  }

  async #end(daemon: Daemon, exit: ExitStatus): Promise<void> {
    this.#notice?.stopping();
    const closed = await daemon.stop();
    this.#ended.resolve(closed || exit !== EXIT.ok ? exit : EXIT.failed);
  }

  /**
   * A bug of ours, or an unhandled system error: reports it and ends the process. A second one meanwhile ends it at
   * once.
   */
  async #crash(error: unknown): Promise<void> {
    const { text, exit } = judgeCrash(error);
    const before = this.#ending;
    this.#ending = 'crash';
    if (before !== 'no') {
      writeError(`knockd: while stopping: ${text}`);
      exitNow(exit);
    }
    if (this.#daemon === undefined) {
      writeError(`knockd: cannot start: ${text}`);
      await this.#opened.disposeAsync();
    } else {
      this.#notice?.stopping();
      await this.#daemon.crash(text);
    }
    exitNow(exit);
  }
}

/** A system error becomes one sentence; a bug of ours keeps its stack trace. */
function judgeCrash(error: unknown): { readonly text: string; readonly exit: ExitStatus } {
  if (isRefusal(error)) {
    const exit = isForbidden(error) ? EXIT.permission : EXIT.failed;
    return { text: describeRefusal(error), exit };
  }
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { text: `this is a bug in Bussa: ${trace}`, exit: EXIT.software };
}

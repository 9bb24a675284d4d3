import { describeRefusal } from '../../../host/ffi/describe-refusal.ts';
import { exitNow } from '../../../host/ffi/exit-now.ts';
import { isForbidden, isRefusal } from '../../../host/ffi/is-refusal.ts';
import { EXIT, type ExitStatus } from '../../../host/self/exit-status.ts';
import { writeError } from '../../../host/self/refusal-net.ts';
import { SerialQueue } from '../../../host/serial/serial-queue.ts';
import type { Daemon } from '../composition/daemon.ts';
import type { ServiceNotice } from './service-notice.ts';

/** What befalls the process: signals, and our own bugs. They may come before the daemon is there. */
export class DaemonLife {
  readonly #opened: AsyncDisposableStack;
  readonly #ended = Promise.withResolvers<ExitStatus>();
  #daemon: Daemon | undefined;
  #notice: ServiceNotice | undefined;
  #wanted: 'nothing' | 'stop' = 'nothing';
  #ending: 'no' | 'stop' | 'crash' = 'no';
  #reloading = false;
  /** One after the other. */
  readonly #reloads = new SerialQueue();

  /** `opened`: what a start has opened so far; disposing of it leaves everything as it was before. */
  constructor(opened: AsyncDisposableStack) {
    this.#opened = opened;
    // Node.js opens a debugger on this signal unless somebody listens to it.
    process.on('SIGUSR1', () => undefined);
    process.on('SIGHUP', () => this.#reloadSoon());
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => this.#stop());
    // From here on it is a daemon that ends, and not a process alone.
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => void this.#crash(error));
  }

  /** Resolves when the daemon has ended. */
  get ended(): Promise<ExitStatus> {
    return this.#ended.promise;
  }

  /** A bug has been met: whatever is under way must not come to anything. */
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

  /** However many of them come at once, the file is read once; a stop goes before. */
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
   * A bug of ours, or a refusal of the machine's that nobody has dealt with: the process ends, and says of what. A second
   * one, while it ends, is the end at once.
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

/** What the machine refuses has one sentence; a bug of ours has its trace. */
function judgeCrash(error: unknown): { readonly text: string; readonly exit: ExitStatus } {
  if (isRefusal(error)) {
    const exit = isForbidden(error) ? EXIT.permission : EXIT.failed;
    return { text: describeRefusal(error), exit };
  }
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { text: `this is a bug in Bussa: ${trace}`, exit: EXIT.software };
}

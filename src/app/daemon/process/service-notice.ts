import type { ServiceManager } from '../../../host/service-manager/service-manager.ts';

/** systemd.service(5) wants to hear from a watched service in time; half of it leaves room for a slow machine. */
const SHARE = 0.5;

/** Changes within this of the first are told together. */
const TOGETHER_MS = 200;

/** Tells the service manager, while the daemon lives, how it is. */
export class ServiceNotice {
  readonly #manager: ServiceManager;
  readonly #status: () => string;
  #timer: NodeJS.Timeout | undefined;
  #soon: NodeJS.Timeout | undefined;
  #isEnding = false;

  /** `status`: one line, for `systemctl status`. */
  constructor(manager: ServiceManager, status: () => string) {
    this.#manager = manager;
    this.#status = status;
  }

  ready(): void {
    this.#manager.ready(this.#status());
    const { watchdogMs } = this.#manager;
    if (watchdogMs === undefined) return;
    this.#timer ??= setInterval(() => this.#manager.alive(this.#status()), watchdogMs * SHARE).unref();
  }

  /** The line may have changed: it is told soon, however often this is called. */
  changed(): void {
    if (!this.#manager.isThere || this.#isEnding) return;
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      this.#manager.status(this.#status());
    }, TOGETHER_MS).unref();
  }

  reloading(): void {
    this.#manager.reloading();
  }

  stopping(): void {
    this.#isEnding = true;
    clearTimeout(this.#soon);
    this.#manager.stopping();
  }
}

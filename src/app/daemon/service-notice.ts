import type { ServiceManager } from '../../host/system/service-manager.ts';

/** systemd.service(5) wants to hear from a watched service in time; half of it leaves room for a slow machine. */
const SHARE = 0.5;

/** Tells the service manager, while the daemon lives, how it is. */
export class ServiceNotice {
  readonly #manager: ServiceManager;
  readonly #status: () => string;
  #timer: NodeJS.Timeout | undefined;

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

  reloading(): void {
    this.#manager.reloading();
  }

  stopping(): void {
    this.#manager.stopping();
  }
}

import type { ServiceManager } from '../../../host/service-manager/service-manager.ts';

/** systemd.service(5) expects a watched service to report in time. Half of the time leaves room for a slow machine. */
const SHARE = 0.5;

/** Minimum time between two reported changes. */
const APART_MS = 200;

/** Reports the daemon's state to the service manager while it lives. */
export class ServiceNotice {
  readonly #manager: ServiceManager;
  readonly #status: () => string;
  #timer: NodeJS.Timeout | undefined;
  #soon: NodeJS.Timeout | undefined;
  #toldAt = Number.NEGATIVE_INFINITY;
  #told = '';
  #isEnding = false;

  /** `status`: one line, for `systemctl status`. */
  constructor(manager: ServiceManager, status: () => string) {
    this.#manager = manager;
    this.#status = status;
  }

  ready(): void {
    this.#manager.ready(this.#newStatus());
    const { watchdogMs } = this.#manager;
    if (watchdogMs === undefined) return;
    this.#timer ??= setInterval(() => this.#manager.alive(this.#newStatus()), watchdogMs * SHARE).unref();
  }

  /** The status line may have changed. Reported at once; many changes together a moment later. */
  changed(): void {
    if (!this.#manager.isThere || this.#isEnding) return;
    const wait = Math.max(0, this.#toldAt + APART_MS - performance.now());
    this.#soon ??= setTimeout(() => this.#tellChange(), wait).unref();
  }

  reloading(): void {
    this.#manager.reloading();
  }

  stopping(): void {
    this.#isEnding = true;
    clearTimeout(this.#soon);
    this.#manager.stopping();
  }

  #tellChange(): void {
    this.#soon = undefined;
    const before = this.#told;
    const text = this.#newStatus();
    if (text === before) return;
    this.#toldAt = performance.now();
    this.#manager.status(text);
  }

  #newStatus(): string {
    this.#told = this.#status();
    return this.#told;
  }
}

import type { Capture } from '../../../host/capture/capture.ts';
import type { Reports } from '../reporting/reports.ts';

/** Reading the counter is a system call: under load it is made this often, and once afterwards. */
const ASK_EVERY_MS = 1000;

/** Reports packets that the kernel dropped because they arrived faster than they were read. */
export class LostPackets {
  readonly #capture: Capture;
  readonly #reports: Reports;
  #askedAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #reported = 0;
  /** The number already sent to followers. The log has its own limits. */
  #told = 0;

  constructor(capture: Capture, reports: Reports) {
    this.#capture = capture;
    this.#reports = reports;
  }

  /** `now`: by `performance.now()`. */
  ask(now: number): void {
    const wait = this.#askedAt + ASK_EVERY_MS - now;
    if (wait <= 0) this.#report();
    else this.#timer ??= setTimeout(() => this.#report(), wait);
  }

  /** Asks for the last time. */
  stop(): void {
    this.#report();
  }

  #report(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#askedAt = performance.now();
    const { dropped } = this.#capture.counters();
    if (dropped > this.#told) {
      this.#reports.feed.rates.add(0, dropped - this.#told, this.#askedAt);
      this.#reports.feed.add({ kind: 'packets-dropped', count: dropped - this.#told });
      this.#told = dropped;
    }
    if (dropped === this.#reported) return;
    if (!this.#reports.admits('packets-dropped', 'lost packets', this.#askedAt)) return;
    this.#reports.write({ kind: 'packets-dropped', count: dropped - this.#reported });
    this.#reported = dropped;
  }
}

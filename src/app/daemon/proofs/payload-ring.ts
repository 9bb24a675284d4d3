import type { Capture, CaptureCounters } from '../../../host/capture/capture.ts';
import { openRingCapture, type RingShape } from '../../../host/capture/ring-capture.ts';
import type { PayloadLoop } from './payload-loop.ts';

type Heard = { readonly capture: Capture; readonly loop: PayloadLoop };

/** A ring for payloads, open while something listens, and its loop. */
export class PayloadRing {
  readonly #shape: RingShape;
  readonly #openLoop: (capture: Capture) => PayloadLoop;
  #heard: Heard | undefined;
  #filter = '';
  #counted: CaptureCounters = { passed: 0, dropped: 0 };

  constructor(shape: RingShape, openLoop: (capture: Capture) => PayloadLoop) {
    this.#shape = shape;
    this.#openLoop = openLoop;
  }

  /**
   * Receives what this filter passes from now on. Returns whether the ring was closed before. Throws the system's
   * error.
   */
  hear(filter: string): boolean {
    const { capture } = this.#heard ?? {};
    if (capture !== undefined && filter !== this.#filter) capture.setFilter(filter);
    this.#filter = filter;
    if (capture !== undefined) return false;
    const opened = openRingCapture(filter, this.#shape);
    const loop = this.#openLoop(opened);
    this.#heard = { capture: opened, loop };
    loop.start();
    return true;
  }

  drainArrived(): void {
    this.#heard?.loop.drainArrived();
  }

  /** Packets that the filter passed, and those lost because they arrived too fast. */
  packets(): CaptureCounters {
    const now = this.#heard?.capture.counters() ?? { passed: 0, dropped: 0 };
    return { passed: this.#counted.passed + now.passed, dropped: this.#counted.dropped + now.dropped };
  }

  close(): void {
    if (this.#heard === undefined) return;
    const { capture, loop } = this.#heard;
    loop.stop();
    this.#counted = this.packets();
    this.#heard = undefined;
    capture.close();
  }
}

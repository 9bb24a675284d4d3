import { writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

/** A single input that takes this long does not end. */
const STALL_MS = 60_000;

/**
 * Ends this process, and says at which input it stood, when no new input is taken for `STALL_MS`: a reader that hangs
 * holds its whole thread. A thread of its own watches a counter.
 */
export class Watchdog implements Disposable {
  readonly #index: Int32Array;
  readonly #worker: Worker;

  constructor(target: string, seed: number) {
    this.#index = new Int32Array(new SharedArrayBuffer(4));
    const workerData = { index: this.#index, stallMs: STALL_MS, target, seed };
    this.#worker = new Worker(new URL('./watchdog-thread.ts', import.meta.url), { workerData });
    this.#worker.unref();
    this.#worker.once('error', (error) => {
      writeSync(2, `the watchdog has ended: ${String(error)}\n`);
    });
  }

  /** Such numbers begin again beyond 2 billion, which matters to nobody but the reader of the message. */
  at(index: number): void {
    this.#index[0] = index;
  }

  [Symbol.dispose](): void {
    void this.#worker.terminate();
  }
}

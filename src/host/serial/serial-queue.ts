import { setImmediate as nextTurn } from 'node:timers/promises';

/** An action may make a system call of 100 µs: packets and timers wait for no more than this many. */
const ACTIONS_A_TURN = 32;

/** Runs actions one after another, yielding to the event loop after some. BOUNDED: by its callers' requests. */
export class SerialQueue {
  #last: Promise<void> = Promise.resolve();
  #taken = 0;

  /** A failure affects only its own caller. */
  take<T>(action: () => Promise<T>): Promise<T> {
    const result = this.#last.then(action);
    const pause = (): Promise<void> | undefined => {
      this.#taken += 1;
      return this.#taken % ACTIONS_A_TURN === 0 ? nextTurn() : undefined;
    };
    this.#last = result.then(pause, pause);
    return result;
  }
}

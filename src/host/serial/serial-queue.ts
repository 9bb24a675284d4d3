import { setImmediate as nextTurn } from 'node:timers/promises';

/** What is done at once may be a call of the kernel's, 100 µs: packets and timers do not wait for more than these. */
const ACTIONS_A_TURN = 32;

/** Actions one after the other, with a turn of the loop for others after some. BOUNDED: by what its callers wait for. */
export class SerialQueue {
  #last: Promise<void> = Promise.resolve();
  #taken = 0;

  /** What fails fails for its own caller. */
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

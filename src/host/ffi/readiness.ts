import koffi from 'koffi';

/** Watching one file descriptor. */
export type Readiness = {
  /** No calls until `resume`, which calls at once if there is something to read by then. */
  readonly pause: () => void;
  readonly resume: () => void;
  /** No calls any more; the descriptor may be closed afterwards. */
  readonly close: () => void;
};

/**
 * Calls `onReadable` whenever there is something to read from `fd`, through the event loop's own poll: no thread.
 *
 * The call is put off to the end of the loop's turn: what is promised inside koffi's poll callback itself waits, on
 * Node.js 26, until some other callback runs.
 */
export function watchReadable(fd: number, onReadable: () => void): Readiness {
  let state: 'watching' | 'paused' | 'closed' = 'watching';
  let scheduled = false;
  const run = (): void => {
    scheduled = false;
    if (state === 'watching') onReadable();
  };
  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(run);
  };
  const poll = koffi.node.poll(fd, { readable: true }, schedule);
  return {
    pause: () => {
      if (state !== 'watching') return;
      state = 'paused';
      poll.stop();
    },
    resume: () => {
      if (state !== 'paused') return;
      state = 'watching';
      poll.start({ readable: true }, schedule);
    },
    close: () => {
      if (state === 'closed') return;
      state = 'closed';
      poll.close();
    },
  };
}

import koffi from 'koffi';

/** Watching one file descriptor; `close` ends it, and the descriptor may be closed afterwards. */
export type Readiness = { readonly close: () => void };

/**
 * Calls `onReadable` whenever there is something to read from `fd`, through the event loop's own poll: no thread.
 *
 * The call is put off to the end of the loop's turn: what is promised inside koffi's poll callback itself waits, on
 * Node.js 26, until some other callback runs.
 */
export function watchReadable(fd: number, onReadable: () => void): Readiness {
  let closed = false;
  let scheduled = false;
  const run = (): void => {
    scheduled = false;
    if (!closed) onReadable();
  };
  const poll = koffi.node.poll(fd, { readable: true }, () => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(run);
  });
  return {
    close: () => {
      if (closed) return;
      closed = true;
      poll.close();
    },
  };
}

import koffi from 'koffi';
import { libc } from './libc.ts';

/** The watch on one file descriptor. */
export type Readiness = {
  /** Stops the calls until `resume`, which calls at once if there is something to read by then. */
  readonly pause: () => void;
  readonly resume: () => void;
  /** Ends the calls. The descriptor may be closed afterwards. */
  readonly close: () => void;
};

/** linux/socket.h, asm-generic/socket.h. */
const SOL_SOCKET = 1;
const SO_ERROR = 4;

/** A descriptor that keeps reporting errors is watched again at this interval. */
const REARM_MS = 100;

/**
 * Calls `onReadable` whenever `fd` is readable, through the event loop's own poll, without a thread.
 *
 * libuv stops watching a descriptor that reports an error (POLLERR: a netlink socket whose buffer overran, or a packet
 * socket whose interface went down). This function then reads the error from the socket, calls `onReadable` with
 * `isLost` (something may have been lost), and watches the descriptor again.
 *
 * The call is deferred to the end of the loop's turn: on Node.js 26, promises created inside koffi's poll callback wait
 * until some other callback runs.
 */
export function watchReadable(fd: number, onReadable: (isLost: boolean) => void): Readiness {
  const watched = new WatchedDescriptor(fd, onReadable);
  return {
    pause: () => watched.pause(),
    resume: () => watched.resume(),
    close: () => watched.close(),
  };
}

class WatchedDescriptor {
  readonly #fd: number;
  readonly #onReadable: (isLost: boolean) => void;
  readonly #poll: ReturnType<typeof koffi.node.poll>;
  #state: 'watching' | 'paused' | 'closed' = 'watching';
  #isScheduled = false;
  /** libuv has stopped watching the descriptor. */
  #hasFailed = false;
  #rearmedAt = Number.NEGATIVE_INFINITY;
  #rearm: NodeJS.Timeout | undefined;

  /** libuv also passes a status, negative for an error, which koffi's types omit. */
  readonly #notice = (status: unknown): void => {
    if (typeof status === 'number' && status < 0) this.#hasFailed = true;
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.#run());
  };

  constructor(fd: number, onReadable: (isLost: boolean) => void) {
    this.#fd = fd;
    this.#onReadable = onReadable;
    this.#poll = koffi.node.poll(fd, { readable: true }, this.#notice);
  }

  pause(): void {
    if (this.#state !== 'watching') return;
    this.#state = 'paused';
    clearTimeout(this.#rearm);
    this.#poll.stop();
  }

  resume(): void {
    if (this.#state !== 'paused') return;
    this.#state = 'watching';
    this.#start();
  }

  close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    clearTimeout(this.#rearm);
    this.#poll.close();
  }

  #run(): void {
    this.#isScheduled = false;
    // While paused, the error stays in the socket, and `resume` reports it again.
    if (this.#state !== 'watching') return;
    const isLost = this.#hasFailed;
    this.#hasFailed = false;
    if (isLost) takeError(this.#fd);
    try {
      this.#onReadable(isLost);
    } finally {
      if (isLost) this.#startAgain();
    }
  }

  #startAgain(): void {
    if (this.#state !== 'watching') return;
    const wait = this.#rearmedAt + REARM_MS - performance.now();
    if (wait <= 0) this.#start();
    else this.#rearm = setTimeout(() => this.#start(), wait);
  }

  #start(): void {
    this.#rearmedAt = performance.now();
    this.#poll.start({ readable: true }, this.#notice);
  }
}

/** Reading SO_ERROR clears it (socket(7)). A descriptor that is not a socket keeps its error. */
function takeError(fd: number): void {
  libc.getsockopt(fd, SOL_SOCKET, SO_ERROR, new Uint8Array(4), [4]);
}

import type { FollowPart } from '../../core/control/feed-event.ts';
import type { Overview } from '../../core/control/overview.ts';
import { askDaemon, type DaemonSelector, type NoAnswer } from './ask-daemon.ts';
import { followDaemon } from './follow-daemon.ts';

export type MirrorParts = {
  readonly choice: DaemonSelector;
  /** Minimum time between two full polls. A poll only follows an event. */
  readonly intervalMs: number;
  /** The same for events that strangers cause. There may be a flood of them. */
  readonly noiseIntervalMs: number;
  /** Maximum rows of each list. */
  readonly limit: number;
  readonly onOverview: (overview: Overview) => void;
  readonly onPart: (part: FollowPart) => void;
  /** The daemon does not answer at the moment. The mirror retries. */
  readonly onTrouble: (why: NoAnswer) => void;
};

/** Events that anyone can cause without knowing a sequence. */
const NOISE: ReadonlySet<string> = new Set([
  'stage',
  'failed',
  'expired',
  'evicted',
  'scan',
  'proof-refused',
]);

/** Delay before a daemon that did not answer is asked again. */
const AGAIN_MS = 1000;

/**
 * A copy of the daemon's state that stays current. It follows the event stream and polls the rest after an event.
 * Without events it does not poll.
 */
export class DaemonMirror {
  readonly #parts: MirrorParts;
  readonly #stop = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #askedAt = Number.NEGATIVE_INFINITY;
  #isAsking = false;
  /** When the next poll is due after an event, on `performance.now()`. */
  #due = Number.POSITIVE_INFINITY;

  constructor(parts: MirrorParts) {
    this.#parts = parts;
    void this.#run();
  }

  stop(): void {
    this.#stop.abort();
    clearTimeout(this.#timer);
  }

  /** Polls now, because an operator's command changed something. */
  refresh(): Promise<void> {
    this.#due = performance.now();
    return this.#isAsking ? Promise.resolve() : this.#ask().then(() => undefined);
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      const overview = await this.#ask();
      if (overview !== undefined) await this.#follow(overview.cursor);
      if (this.#isStopped) return;
      clearTimeout(this.#timer);
      await new Promise((resolve) => {
        this.#timer = setTimeout(resolve, AGAIN_MS);
        this.#stop.signal.addEventListener('abort', resolve, { once: true });
      });
      this.#timer = undefined;
    }
  }

  async #follow(cursor: string): Promise<void> {
    const { choice, onPart, onTrouble } = this.#parts;
    for await (const followed of followDaemon(choice, cursor, this.#stop.signal)) {
      if (this.#isStopped) return;
      if (followed.kind !== 'part') onTrouble(followed);
      else {
        const { events, lost, restarted } = followed.part;
        onPart(followed.part);
        const isNoise = restarted !== true && events.every(({ event }) => NOISE.has(event));
        if (events.length > 0 || lost !== undefined || restarted === true) this.#askLater(isNoise);
      }
    }
  }

  #askLater(isNoise: boolean): void {
    const { intervalMs, noiseIntervalMs } = this.#parts;
    const due = this.#askedAt + (isNoise ? noiseIntervalMs : intervalMs);
    if (due >= this.#due) return;
    this.#due = due;
    if (this.#isAsking) return;
    this.#schedule();
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#ask(), Math.max(0, this.#due - performance.now()));
  }

  async #ask(): Promise<Overview | undefined> {
    const { choice, limit, onOverview, onTrouble } = this.#parts;
    clearTimeout(this.#timer);
    this.#isAsking = true;
    this.#due = Number.POSITIVE_INFINITY;
    this.#askedAt = performance.now();
    const reply = await askDaemon(choice, { verb: 'overview', limit });
    this.#isAsking = false;
    if (this.#isStopped) return undefined;
    if (reply.kind !== 'answer') {
      onTrouble(reply);
      return undefined;
    }
    onOverview(reply.answer);
    if (this.#due < Number.POSITIVE_INFINITY) this.#schedule();
    return reply.answer;
  }

  get #isStopped(): boolean {
    return this.#stop.signal.aborted;
  }
}

import type { FollowPart } from '../../core/control/feed-event.ts';
import type { Overview } from '../../core/control/overview.ts';
import { askDaemon, type DaemonSelector, type NoAnswer } from './ask-daemon.ts';
import { followDaemon } from './follow-daemon.ts';

export type MirrorParts = {
  readonly choice: DaemonSelector;
  /** How often it is asked for everything, at most: after something has happened, and not otherwise. */
  readonly intervalMs: number;
  /** The same for what strangers bring about, of which there may be a flood. */
  readonly noiseIntervalMs: number;
  /** Rows of each list. */
  readonly limit: number;
  readonly onOverview: (overview: Overview) => void;
  readonly onPart: (part: FollowPart) => void;
  /** It cannot be asked at the moment; it is tried again. */
  readonly onTrouble: (why: NoAnswer) => void;
};

/** What it takes no knowledge of a sequence to bring about. */
const NOISE: ReadonlySet<string> = new Set([
  'stage',
  'failed',
  'expired',
  'evicted',
  'scan',
  'proof-refused',
]);

/** Before a daemon that does not answer is asked again. */
const AGAIN_MS = 1000;

/**
 * A picture of the daemon that stays current: it follows what happens there, and asks for everything when something has.
 * Nothing is asked while nothing happens.
 */
export class DaemonMirror {
  readonly #parts: MirrorParts;
  readonly #stop = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #askedAt = Number.NEGATIVE_INFINITY;
  #isAsking = false;
  /** When it is to be asked again, because something has happened; on `performance.now()`. */
  #due = Number.POSITIVE_INFINITY;

  constructor(parts: MirrorParts) {
    this.#parts = parts;
    void this.#run();
  }

  stop(): void {
    this.#stop.abort();
    clearTimeout(this.#timer);
  }

  /** Something has been ordered: it is asked now. */
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

import type { ServerResponse } from 'node:http';
import type { DaemonSelector } from '../ask/ask-daemon.ts';
import { DaemonMirror } from '../ask/daemon-mirror.ts';
import { latestEvents } from '../ask/follow-daemon.ts';
import type { LiveMessage } from './live-message.ts';

/** BOUNDED: pages open at the same time. */
const MAX_VIEWERS = 32;
/** BOUNDED: bytes that a page has not read yet. A page further behind is disconnected, and reconnects. */
const MAX_UNREAD = 1 << 21;
const INTERVAL_MS = 1000;
/** The page advances attempts by events; the full list can wait. */
const NOISE_INTERVAL_MS = 5000;
/** Rows of each list. */
const LIMIT = 100;
/** Events from before a page was opened. */
const PAST_EVENTS = 40;

/** Polls the daemon once for all pages, and not at all while no page is open. */
export class LiveStream {
  readonly #choice: DaemonSelector;
  readonly #hello: LiveMessage;
  readonly #viewers = new Set<ServerResponse>();
  #mirror: DaemonMirror | undefined;
  #trouble: LiveMessage | undefined;

  constructor(choice: DaemonSelector, hello: LiveMessage) {
    this.#choice = choice;
    this.#hello = hello;
  }

  get isFull(): boolean {
    return this.#viewers.size >= MAX_VIEWERS;
  }

  /** The headers have been written. */
  add(viewer: ServerResponse): void {
    this.#viewers.add(viewer);
    viewer.once('close', () => this.#remove(viewer));
    viewer.write(lineOf(this.#hello));
    void this.#tellPast(viewer);
    if (this.#mirror === undefined) this.#mirror = this.#open();
    else if (this.#trouble !== undefined) viewer.write(lineOf(this.#trouble));
    // The next poll includes what has happened since.
    else void this.refresh();
  }

  /** A command has been given. */
  async refresh(): Promise<void> {
    await this.#mirror?.refresh();
  }

  close(): void {
    this.#mirror?.stop();
    for (const viewer of this.#viewers) viewer.destroy();
  }

  #open(): DaemonMirror {
    return new DaemonMirror({
      choice: this.#choice,
      intervalMs: INTERVAL_MS,
      noiseIntervalMs: NOISE_INTERVAL_MS,
      limit: LIMIT,
      onOverview: (overview) => {
        this.#trouble = undefined;
        this.#send({ kind: 'overview', ...overview });
      },
      onPart: (part) => this.#send({ kind: 'part', ...part }),
      onTrouble: ({ kind, message, isHung }) => {
        this.#trouble = { kind: 'trouble', why: isHung ? 'hung' : kind, message };
        this.#send(this.#trouble);
      },
    });
  }

  /** Each viewer asks by itself: it opens seldom. */
  async #tellPast(viewer: ServerResponse): Promise<void> {
    const events = await latestEvents(this.#choice, PAST_EVENTS);
    if (events.length > 0 && !viewer.destroyed) viewer.write(lineOf({ kind: 'past', events }));
  }

  #send(message: LiveMessage): void {
    const line = lineOf(message);
    for (const viewer of this.#viewers) {
      if (viewer.writableLength > MAX_UNREAD) viewer.destroy();
      else viewer.write(line);
    }
  }

  #remove(viewer: ServerResponse): void {
    this.#viewers.delete(viewer);
    if (this.#viewers.size > 0) return;
    this.#mirror?.stop();
    this.#mirror = undefined;
  }
}

const lineOf = (message: LiveMessage): string => `${JSON.stringify(message)}\n`;

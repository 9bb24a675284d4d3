import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  type FollowPart,
  feedEvent,
  type Pulse,
  parseCursor,
  renderCursor,
} from '../../../core/control/feed-event.ts';
import { RequestError } from '../../../core/control/parse-request.ts';
import type { Event, EventKind } from '../../../core/event/event.ts';
import { EventRing } from '../../../core/feed/event-ring.ts';
import { RateRing } from '../../../core/feed/rate-ring.ts';
import type { Instant } from '../../../core/net/time.ts';
import { randomBytes } from '../../../host/self/random-bytes.ts';

/** BOUNDED: of the control socket's clients, these leave room for those that ask. */
const MAX_FOLLOWERS = 8;
const EVENTS_AT_ONCE = 256;
/** So long the first event waits for others: a follower is written to ten times a second at most. */
const GATHER_MS = 100;
const PULSE_MS = 1000;
const RUN_BYTES = 4;

/** The log has counted them away before they get here, or they say nothing to others. */
const UNTOLD: ReadonlySet<EventKind> = new Set(['debug', 'suppressed']);
/** What a stranger brings about without a packet's step. */
const NOISE: ReadonlySet<EventKind> = new Set(['proof-refused']);

type Follower = { wake: () => void; isPulseDue: boolean };

/**
 * What happens, for those who follow it over the control socket. Events are remembered whether or not somebody follows, so
 * that who comes back misses nothing; no timer runs without a follower. The log's limits are not concerned.
 */
export class Feed {
  readonly rates = new RateRing();
  readonly #wall: () => Instant;
  readonly #ring = new EventRing();
  /** Tells the cursors of this run from those of others. */
  readonly #run = Buffer.from(randomBytes(RUN_BYTES)).toString('hex');
  readonly #followers = new Set<Follower>();
  #gather: NodeJS.Timeout | undefined;
  #beat: NodeJS.Timeout | undefined;
  #pulse: () => Pulse | undefined = () => undefined;
  #lastPulse: Pulse | undefined;
  #isClosed = false;

  /** `wall`: by the wall clock. */
  constructor(wall: () => Instant) {
    this.#wall = wall;
  }

  /** What followers are told once a second. */
  beat(pulse: () => Pulse): void {
    this.#pulse = pulse;
  }

  get cursor(): string {
    return renderCursor(this.#run, this.#ring.last);
  }

  note(event: Event): void {
    if (UNTOLD.has(event.kind)) return;
    if (!NOISE.has(event.kind)) this.#ring.add({ event }, this.#wall());
    else if (this.#ring.admits(0, performance.now())) this.#ring.addNoise({ event }, this.#wall());
    this.#gatherLater();
  }

  /** Whether an event of a packet is to be made for `noteStep`. `now`: by `performance.now()`. */
  admits(stage: number, now: number): boolean {
    return this.#ring.admits(stage, now);
  }

  /** What a packet has brought about, and was admitted. */
  noteStep(event: Event, stages?: number): void {
    this.#ring.addNoise(stages === undefined ? { event } : { event, stages }, this.#wall());
    this.#gatherLater();
  }

  /** Until the client leaves, or the daemon ends. A client that reads slowly finds gaps; nothing waits for it. */
  async *follow(since: string | undefined): AsyncGenerator<FollowPart> {
    if (this.#followers.size >= MAX_FOLLOWERS) {
      throw new RequestError(`${MAX_FOLLOWERS} clients follow already, the maximum: end one, and try again`);
    }
    const from = this.#start(since);
    const follower: Follower = { wake: () => undefined, isPulseDue: true };
    this.#add(follower);
    try {
      let next = from.number;
      let { isRestarted } = from;
      while (!this.#isClosed) {
        const piece = this.#ring.read(next, EVENTS_AT_ONCE);
        next = piece.next;
        const pulse = follower.isPulseDue ? this.#currentPulse() : undefined;
        follower.isPulseDue = false;
        if (piece.records.length > 0 || piece.lost > 0 || pulse !== undefined || isRestarted) {
          yield {
            cursor: renderCursor(this.#run, next),
            events: piece.records.map((record) => feedEvent(record, this.#run)),
            ...(piece.lost > 0 ? { lost: piece.lost } : {}),
            ...(isRestarted ? { restarted: true } : {}),
            more: !piece.isWhole,
            ...(pulse === undefined ? {} : { pulse }),
          };
          isRestarted = false;
          // Something may have come while the client read.
          await nextTurn();
        } else await this.#sleep(follower);
      }
    } finally {
      this.#remove(follower);
    }
  }

  /** Followers are hung up on. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#gather);
    clearInterval(this.#beat);
    for (const { wake } of this.#followers) wake();
  }

  #start(since: string | undefined): { readonly number: number; isRestarted: boolean } {
    if (since === undefined) return { number: this.#ring.last, isRestarted: false };
    if (since === 'oldest') return { number: this.#oldest(), isRestarted: false };
    const cursor = parseCursor(since);
    if (cursor === undefined) {
      throw new RequestError('that is no cursor: give the one of an event, or `oldest`');
    }
    if (cursor.run !== this.#run) return { number: this.#oldest(), isRestarted: true };
    return { number: Math.min(cursor.number, this.#ring.last), isRestarted: false };
  }

  /** Who asks for all that there is has lost nothing of what is forgotten. */
  #oldest(): number {
    const [first] = this.#ring.read(0, 1).records;
    return first === undefined ? this.#ring.last : first.number - 1;
  }

  #add(follower: Follower): void {
    this.#followers.add(follower);
    this.#beat ??= setInterval(() => this.#beatNow(), PULSE_MS).unref();
  }

  #remove(follower: Follower): void {
    this.#followers.delete(follower);
    if (this.#followers.size > 0) return;
    clearInterval(this.#beat);
    clearTimeout(this.#gather);
    this.#beat = undefined;
    this.#gather = undefined;
    this.#lastPulse = undefined;
  }

  #currentPulse(): Pulse | undefined {
    this.#lastPulse ??= this.#pulse();
    return this.#lastPulse;
  }

  #beatNow(): void {
    this.#lastPulse = this.#pulse();
    for (const follower of this.#followers) {
      follower.isPulseDue = true;
      follower.wake();
    }
  }

  #gatherLater(): void {
    if (this.#followers.size === 0 || this.#isClosed) return;
    this.#gather ??= setTimeout(() => {
      this.#gather = undefined;
      for (const { wake } of this.#followers) wake();
    }, GATHER_MS).unref();
  }

  #sleep(follower: Follower): Promise<void> {
    if (this.#isClosed || follower.isPulseDue) return Promise.resolve();
    return new Promise((resolve) => {
      follower.wake = resolve;
    });
  }
}

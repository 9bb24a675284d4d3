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
import { CountRing } from '../../../core/feed/count-ring.ts';
import { EventRing } from '../../../core/feed/event-ring.ts';
import type { Instant } from '../../../core/net/time.ts';
import { randomBytes } from '../../../host/self/random-bytes.ts';

/** BOUNDED: followers use clients of the control socket. The rest stays free for requests. */
const MAX_FOLLOWERS = 8;
const EVENTS_AT_ONCE = 256;
/** How long the first event waits for others: each follower is written to at most ten times a second. */
const GATHER_MS = 100;
const PULSE_MS = 1000;
const RUN_BYTES = 4;
/** Ten minutes. */
const RATE_SECONDS = 600;
export const STRETCH_MS = 900_000;
const DAY_STRETCHES = 96;

/** Events that are of no use to a follower. */
const UNTOLD: ReadonlySet<EventKind> = new Set(['debug', 'suppressed']);
/** Noise events that do not come from the packet loop. */
const NOISE: ReadonlySet<EventKind> = new Set(['proof-refused']);

type Follower = { wake: () => void; isPulseDue: boolean };

/**
 * The event stream of the control socket. Events are recorded even without followers, so that a client that reconnects
 * misses nothing. Without followers no timer runs. The log's limits do not apply.
 */
export class Feed {
  /** Passed and dropped packets. Times by `performance.now()`. */
  readonly rates = new CountRing(RATE_SECONDS, 1000);
  /** Failed knocks, and knocks and scans of sources under penalty. Times by `performance.now()`. */
  readonly failures = new CountRing(DAY_STRETCHES, STRETCH_MS);
  readonly #wall: () => Instant;
  readonly #ring = new EventRing();
  /** Tells cursors of this run from those of other runs. */
  readonly #run = Buffer.from(randomBytes(RUN_BYTES)).toString('hex');
  readonly #followers = new Set<Follower>();
  #gather: NodeJS.Timeout | undefined;
  #beat: NodeJS.Timeout | undefined;
  #pulse: () => Pulse | undefined = () => undefined;
  #lastPulse: Pulse | undefined;
  #isClosed = false;

  /** `wall`: reads the wall clock. */
  constructor(wall: () => Instant) {
    this.#wall = wall;
  }

  /** `pulse`: sent to followers once a second. */
  beat(pulse: () => Pulse): void {
    this.#pulse = pulse;
  }

  get cursor(): string {
    return renderCursor(this.#run, this.#ring.last);
  }

  add(event: Event): void {
    if (UNTOLD.has(event.kind)) return;
    if (event.kind === 'proof-refused') this.failures.add(1, 0, performance.now());
    if (!NOISE.has(event.kind)) this.#ring.add({ event }, this.#wall());
    else if (this.#ring.admits(0, performance.now())) this.#ring.addNoise({ event }, this.#wall());
    this.#gatherLater();
  }

  /** Whether to build an event of a packet for `noteStep`. `now`: by `performance.now()`. */
  admits(stage: number, now: number): boolean {
    return this.#ring.admits(stage, now);
  }

  /** An admitted event of a packet. */
  addStep(event: Event, stages?: number): void {
    this.#ring.addNoise(stages === undefined ? { event } : { event, stages }, this.#wall());
    this.#gatherLater();
  }

  /** Ends when the client leaves or the daemon stops. A client that reads slowly sees gaps; nothing waits for it. */
  async *follow(since: string | undefined, latest?: number): AsyncGenerator<FollowPart> {
    if (this.#followers.size >= MAX_FOLLOWERS) {
      throw new RequestError(`${MAX_FOLLOWERS} clients follow already, the maximum: end one, and try again`);
    }
    const from = this.#start(since, latest);
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
          // More events may have arrived while the client read.
          await nextTurn();
        } else await this.#sleep(follower);
      }
    } finally {
      this.#remove(follower);
    }
  }

  /** Disconnects the followers. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#gather);
    clearInterval(this.#beat);
    for (const { wake } of this.#followers) wake();
  }

  #start(
    since: string | undefined,
    latest: number | undefined,
  ): { readonly number: number; isRestarted: boolean } {
    if (latest !== undefined) return { number: this.#ring.before(latest), isRestarted: false };
    if (since === undefined) return { number: this.#ring.last, isRestarted: false };
    if (since === 'oldest') return { number: this.#oldest(), isRestarted: false };
    const cursor = parseCursor(since);
    if (cursor === undefined) {
      throw new RequestError('invalid cursor: give the cursor of an event, or `oldest`');
    }
    if (cursor.run !== this.#run) return { number: this.#oldest(), isRestarted: true };
    return { number: Math.min(cursor.number, this.#ring.last), isRestarted: false };
  }

  /** A client that asks for all events has not lost those already dropped. */
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

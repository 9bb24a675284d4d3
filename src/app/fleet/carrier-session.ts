import type { FleetBegin, FleetPart, StreamId } from '../../core/control/fleet-link.ts';
import { type EngineKeys, engineKeys } from '../../core/fleet/engine-keys.ts';
import { millis } from '../../core/net/time.ts';
import { EngineError } from '../../host/engine/engine-error.ts';
import {
  parseMessage,
  parseReplyAddress,
  type ReplyAddress,
  renderMessage,
  renderReplyAddress,
} from './ask-channel.ts';
import type { FollowedDaemon, RequestLine } from './daemon-link.ts';
import type { EngineSession, ReadBatch } from './engine-session.ts';
import { isLater, timeOf } from './stream-entries.ts';
import { wait } from './wait.ts';

/** Interval of checks of the connections and the engine's clock. */
const CHECK_MS = 2000;
/** BOUNDED: parts of the daemon that the engine has not confirmed. */
const MAX_IN_FLIGHT = 256;

export type CarrierSessionParts = {
  readonly daemon: FollowedDaemon;
  /** One connection for records of the stream, which may take long, and one for everything else. */
  readonly deliveries: RequestLine;
  readonly orders: RequestLine;
  readonly session: EngineSession;
  /** What the engine allows the carrier beyond its needs. */
  readonly wide: readonly string[];
};

/** The end of what has been read from the stream: an existing entry, or a moment. */
type Place = { readonly kind: 'entry' | 'moment'; readonly id: StreamId };

/** The daemon is told the difference of the clocks again when it has changed by this much. */
const OFFSET_STEP_MS = 500;

/**
 * Carries bytes between daemon and engine until one of the connections is lost. It stores nothing: the daemon sends
 * again what the engine has not confirmed. Rejects with a `LinkError` or an `EngineError`; returns if the configuration
 * now names another fleet.
 */
export class CarrierSession {
  readonly #parts: CarrierSessionParts;
  readonly #keys: EngineKeys;
  #begin: FleetBegin;
  /** Absent: reading begins a window ago. */
  #place: Place | undefined;
  readonly #inFlight = new Set<Promise<void>>();
  readonly #over = Promise.withResolvers<never>();

  constructor(parts: CarrierSessionParts) {
    this.#parts = parts;
    this.#begin = parts.daemon.begin;
    this.#keys = engineKeys(this.#begin.fleet);
    this.#over.promise.catch(() => undefined);
  }

  async run(): Promise<void> {
    const { session } = this.#parts;
    const { member, window } = this.#begin;
    await session.readClock();
    await session.shareWindow(member, window);
    await session.hear([this.#keys.questions, this.#keys.answersTo(member)], (channel, bytes) =>
      this.#hear(channel, bytes),
    );
    const ended = session.ended.then((why) => Promise.reject(why));
    await Promise.race([
      this.#carryParts(),
      this.#readBans(),
      this.#readStream(),
      this.#keepChecking(),
      ended,
      this.#over.promise,
    ]);
  }

  /** From the daemon to the engine. */
  async #carryParts(): Promise<void> {
    for (;;) {
      const part = await this.#parts.daemon.next();
      if (part.kind === 'begin') {
        if (isOther(part, this.#begin)) return;
        this.#begin = part;
        await this.#parts.session.shareWindow(part.member, part.window);
        continue;
      }
      if (this.#inFlight.size >= MAX_IN_FLIGHT) await Promise.race(this.#inFlight);
      this.#start(this.#carryPart(part));
    }
  }

  /** Runs it beside the others. A failure ends the session. */
  #start(work: Promise<void>): void {
    const done = work
      .catch((error: unknown) => this.#over.reject(error))
      .then(() => void this.#inFlight.delete(done));
    this.#inFlight.add(done);
  }

  async #carryPart(part: Exclude<FleetPart, FleetBegin>): Promise<void> {
    const { session, orders } = this.#parts;
    const { member } = this.#begin;
    switch (part.kind) {
      case 'record': {
        const id = await session.append(part.bytes);
        await orders.ask({ verb: 'fleet-published', seq: part.seq, id });
        return;
      }
      case 'ban':
        await session.setBan(part.field, part.bytes);
        await orders.ask({ verb: 'fleet-published', seq: part.seq });
        return;
      case 'claim': {
        const outcome = await session.claim(part.key, member, part.lifetime);
        await orders.ask({ verb: 'fleet-claimed', id: part.id, outcome });
        return;
      }
      case 'ask':
        await session.publish(
          this.#keys.questions,
          renderMessage(renderReplyAddress({ member, id: part.id }), part.bytes),
        );
        return;
      case 'answer': {
        const asker = parseReplyAddress(part.to);
        if (asker === undefined) return;
        await session.publish(this.#keys.answersTo(asker.member), renderMessage(`${asker.id}`, part.bytes));
        return;
      }
      default:
        return part satisfies never;
    }
  }

  /**
   * Passes on a question to all members, or an answer to this one. If the daemon is busy, the message is dropped: the
   * member that asked does not wait for it.
   */
  #hear(channel: string, message: Uint8Array): void {
    const { orders } = this.#parts;
    const heard = parseMessage(message);
    if (heard === undefined || orders.isFull) return;
    const { line, bytes } = heard;
    if (channel === this.#keys.questions) {
      const asker = parseReplyAddress(line);
      if (asker === undefined || this.#isOwn(asker)) return;
      this.#start(
        orders.ask({ verb: 'fleet-asked', to: renderReplyAddress(asker), bytes }).then(() => undefined),
      );
    } else if (/^[1-9][0-9]{0,14}$/.test(line)) {
      this.#start(orders.ask({ verb: 'fleet-answered', id: Number(line), bytes }).then(() => undefined));
    }
  }

  #isOwn({ member }: ReplyAddress): boolean {
    return member === this.#begin.member;
  }

  /** Reads all bans while the stream is read: an attacker may have put millions there. Never resolves. */
  async #readBans(): Promise<never> {
    const { session, deliveries } = this.#parts;
    for await (const records of session.readBans())
      await deliveries.ask({ verb: 'fleet-deliver', records: records.map((bytes) => ({ bytes })) });
    return this.#over.promise;
  }

  /** From the engine to the daemon: reads the stream from the place where the last session stopped. */
  async #readStream(): Promise<never> {
    const { session } = this.#parts;
    await this.#findPlace();
    for (;;) {
      this.#place ??= { kind: 'moment', id: this.#windowAgo() };
      const place = this.#place;
      const batch = await session.read(place.id);
      // During the wait, a check may have found that the stream was replaced.
      if (this.#place === place) await this.#deliver(batch, performance.now());
    }
  }

  /** The last entry read may be missing: the engine was restored, or lost the end of the stream in a failover. */
  async #findPlace(): Promise<void> {
    const { after } = this.#begin;
    if (after === undefined || !isLater(after, this.#windowAgo())) return;
    if (await this.#parts.session.hasEntry(after)) this.#place = { kind: 'entry', id: after };
  }

  #windowAgo(): StreamId {
    const { clock } = this.#parts.session;
    return `${Math.max(0, Math.floor(clock.now() - this.#begin.window))}-0` as StreamId;
  }

  async #deliver({ entries, time }: ReadBatch, receivedAt: number): Promise<void> {
    const last = entries.at(-1)?.id;
    if (last === undefined) return;
    // Otherwise it would be read again without end.
    if (this.#place !== undefined && !isLater(last, this.#place.id))
      throw new EngineError('EPROTO', 'the engine goes back in its stream');
    const now = Math.max(this.#parts.session.clock.now(), time + performance.now() - receivedAt);
    const records = entries.flatMap(({ id, bytes }) =>
      bytes === undefined ? [] : [{ id, age: millis(Math.max(0, now - timeOf(id))), bytes }],
    );
    await this.#parts.deliveries.ask({ verb: 'fleet-deliver', records, upTo: last });
    this.#place = { kind: 'entry', id: last };
  }

  async #keepChecking(): Promise<never> {
    const { session } = this.#parts;
    let told: number | undefined;
    for (;;) {
      const offset = await session.readClock();
      const newest = await session.check();
      if (told === undefined || Math.abs(offset - told) > OFFSET_STEP_MS) await this.#sendOffset(offset);
      told = offset;
      const { kind, id } = this.#place ?? {};
      if (kind === 'entry' && id !== undefined && (newest === undefined || isLater(id, newest)))
        this.#place = undefined;
      await wait(CHECK_MS);
    }
  }

  async #sendOffset(offset: number): Promise<void> {
    const { orders, wide } = this.#parts;
    await orders.ask({
      verb: 'fleet-state',
      connected: true,
      offset,
      ...(wide.length === 0 ? {} : { wide }),
    });
  }
}

/** Whether the carrier has to reconnect because of the change. */
export const isOther = (one: FleetBegin, other: FleetBegin): boolean =>
  one.engine !== other.engine || one.fleet !== other.fleet || one.member !== other.member;

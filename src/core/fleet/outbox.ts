import type { Address } from '../net/address.ts';
import { type Prefix, renderPrefix } from '../net/prefix.ts';
import { type Instant, type Millis, millis, since } from '../net/time.ts';
import {
  type BanChange,
  type BodyKind,
  type EndChange,
  type FleetBody,
  type FleetLeaseId,
  type LeaseChange,
  type LeaseKind,
  MAX_CHANGES,
  MAX_RECORD_BYTES,
  MAX_REST,
  SIGNATURE_BYTES,
} from './fleet-record.ts';
import { changeBytes, doorBytes, headBytes } from './render-record.ts';

/** A change to send. `due`: when it is over, on the boot clock, and need not be sent any more. */
export type PendingChange =
  | {
      readonly kind: LeaseKind;
      readonly door: string;
      readonly source: Address;
      readonly lease: FleetLeaseId;
      readonly due: Instant;
    }
  | {
      readonly kind: 'close';
      readonly door: string;
      readonly source: Address;
      readonly lease?: FleetLeaseId;
      readonly due: Instant;
    }
  | { readonly kind: 'ban'; readonly who: Prefix; readonly due?: Instant }
  | { readonly kind: 'unban'; readonly who: Prefix };

/** BOUNDED: waiting and unconfirmed changes. The leases and bans of a daemon do not reach this limit. */
export const MAX_WAITING = 262_144;

/** Ends first: what must close closes before something else opens. */
const ORDER: readonly BodyKind[] = ['close', 'ban', 'unban', 'open', 'extend', 'hello'];

export type OutboxBatch = { readonly seq: number; readonly body: FleetBody };

/**
 * Changes that the engine has not confirmed yet: only the newest state of each lease and ban. Durations are computed
 * when a record is made, so a delayed change has the remaining time of that moment. BOUNDED: by `MAX_WAITING`; the
 * oldest with the lowest priority is dropped.
 */
export class Outbox {
  readonly #room: number;
  readonly #waiting = new Map<BodyKind, Map<string, PendingChange>>(ORDER.map((kind) => [kind, new Map()]));
  /** By number: records that were sent and are not confirmed. */
  readonly #flying = new Map<number, readonly PendingChange[]>();
  #waitingCount = 0;
  #flyingCount = 0;
  #seq = 0;
  #dropped = 0;

  constructor(fleet: string, member: string) {
    this.#room = MAX_RECORD_BYTES - SIGNATURE_BYTES - headBytes(fleet, member);
  }

  /** Number of unconfirmed changes. */
  get size(): number {
    return this.#waitingCount + this.#flyingCount;
  }

  /** Changes dropped for lack of room. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Number of records that were sent and are not confirmed. */
  get inFlight(): number {
    return this.#flying.size;
  }

  /** Replaces the pending change of the same lease or ban. A `hello` need not repeat what is pending anyway. */
  put(change: PendingChange): void {
    const key = keyOf(change);
    if (change.kind === 'hello' && this.#isWaiting(key)) return;
    for (const kind of ORDER) this.#remove(kind, key);
    if (this.size >= MAX_WAITING) this.#makeRoom();
    this.#add(key, change);
  }

  /** As many changes as fit into one record. `undefined`: nothing is waiting. */
  next(now: Instant): OutboxBatch | undefined {
    for (const kind of ORDER) {
      const tellings = this.#gather(kind, now);
      if (tellings.length === 0) continue;
      this.#seq += 1;
      this.#flying.set(this.#seq, tellings);
      this.#flyingCount += tellings.length;
      return { seq: this.#seq, body: bodyOf(kind, tellings, now) };
    }
    return undefined;
  }

  /** A number for something that is confirmed in another way. */
  number(): number {
    this.#seq += 1;
    return this.#seq;
  }

  /** Returns how many changes the engine has confirmed. */
  confirm(seq: number): number {
    const { length = 0 } = this.#flying.get(seq) ?? [];
    this.#flying.delete(seq);
    this.#flyingCount -= length;
    return length;
  }

  /**
   * The sent records may be lost: queues their changes again, except those with a newer state. They may also have
   * arrived, so they are no new proof, hence `hello`.
   */
  requeue(): void {
    // Newest first: if an opening and its end are both in flight, only the end is sent again.
    const flown = [...this.#flying.values()].reverse().flat();
    this.#flying.clear();
    this.#flyingCount = 0;
    for (const change of flown) {
      const key = keyOf(change);
      if (this.#isWaiting(key)) continue;
      this.#add(key, change.kind === 'open' ? { ...change, kind: 'hello' } : change);
    }
  }

  #isWaiting(key: string): boolean {
    return ORDER.some((kind) => this.#queue(kind).has(key));
  }

  #add(key: string, change: PendingChange): void {
    this.#queue(change.kind).set(key, change);
    this.#waitingCount += 1;
  }

  #remove(kind: BodyKind, key: string): void {
    if (this.#queue(kind).delete(key)) this.#waitingCount -= 1;
  }

  #queue(kind: BodyKind): Map<string, PendingChange> {
    return this.#waiting.get(kind) as Map<string, PendingChange>;
  }

  #gather(of: BodyKind, now: Instant): readonly PendingChange[] {
    const taken: PendingChange[] = [];
    const doors = new Set<string>();
    let left = this.#room;
    for (const [key, change] of this.#queue(of)) {
      if (taken.length === MAX_CHANGES) break;
      const isOver = 'due' in change && change.due !== undefined && change.due <= now;
      if (!isOver) {
        left -= bytesOf(change, doors);
        if (left < 0) break;
        if ('door' in change) doors.add(change.door);
        taken.push(change);
      }
      this.#remove(of, key);
    }
    return taken;
  }

  #makeRoom(): void {
    for (const kind of ORDER.toReversed()) {
      const [oldest] = this.#queue(kind).keys();
      if (oldest === undefined) continue;
      this.#remove(kind, oldest);
      this.#dropped += 1;
      return;
    }
  }
}

function bytesOf(change: PendingChange, doors: ReadonlySet<string>): number {
  if (!('door' in change)) return changeBytes(change.kind, change.who.base);
  const name = doors.has(change.door) ? 0 : 1 + doorBytes(change.door).length;
  return name + changeBytes(change.kind, change.source);
}

function bodyOf(kind: BodyKind, tellings: readonly PendingChange[], now: Instant): FleetBody {
  switch (kind) {
    case 'open':
    case 'extend':
    case 'hello':
      return { kind, leases: tellings.flatMap((one) => leaseChange(one, now) ?? []) };
    case 'close':
      return { kind, ends: tellings.flatMap((one) => endChange(one) ?? []) };
    case 'ban':
      return { kind, bans: tellings.flatMap((one) => banChange(one, now) ?? []) };
    case 'unban':
      return { kind, lifted: tellings.flatMap((one) => ('who' in one ? [one.who] : [])) };
    default:
      return kind satisfies never;
  }
}

function leaseChange(change: PendingChange, now: Instant): LeaseChange | undefined {
  if (change.kind !== 'open' && change.kind !== 'extend' && change.kind !== 'hello') return undefined;
  const { door, source, lease, due } = change;
  return { door, source, lease, rest: restOf(due, now) };
}

function endChange(change: PendingChange): EndChange | undefined {
  if (change.kind !== 'close') return undefined;
  const { door, source, lease } = change;
  return lease === undefined ? { door, source } : { door, source, lease };
}

/** The present state of a ban, for a record. */
export function banChange(change: PendingChange, now: Instant): BanChange | undefined {
  if (change.kind !== 'ban') return undefined;
  const { who, due } = change;
  return due === undefined ? { who } : { who, rest: restOf(due, now) };
}

/** Whole milliseconds; never more than the remaining time. */
const restOf = (due: Instant, now: Instant): Millis =>
  millis(Math.min(MAX_REST, Math.max(0, Math.floor(since(now, due)))));

function keyOf(change: PendingChange): string {
  if ('who' in change) return `ban ${renderPrefix(change.who)}`;
  return change.lease === undefined
    ? `order ${change.source} ${change.door}`
    : `lease ${change.lease} ${change.door}`;
}

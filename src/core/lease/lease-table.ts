import { DEFAULT_MAX_LEASES, type DoorSpec } from '../door/door.ts';
import { type Address, familyOf } from '../net/address.ts';
import { type Prefix, prefixAround, renderPrefix } from '../net/prefix.ts';
import type { Instant } from '../net/time.ts';
import { DeadlineQueue } from './deadline-queue.ts';
import type { Lease, LeaseId } from './lease.ts';
import { leasePrefix } from './lease-prefix.ts';
import type { LeaseState } from './lease-state.ts';
import type { OpenRequest } from './open-request.ts';

/** A lease, its state, and what happens after it. */
export type Entry = {
  readonly lease: Lease;
  readonly state: LeaseState;
  /** The last end that was stored because of a knock or a command. */
  readonly written: Instant | undefined;
  /** Another daemon created it: its claims stay until the next start, because a command may still be running. */
  readonly isAdopted: boolean;
  /** A knock came while it closed. */
  readonly next?: OpenRequest;
};

/**
 * All leases, by id, by source and door, and by the time of their next action. BOUNDED: by `limit` requested leases,
 * plus those left in a store.
 */
export class LeaseTable {
  readonly #limit: number;
  readonly #entries = new Map<LeaseId, Entry>();
  /**
   * One lease per door and source, or prefix that it lets in. There may be two after an earlier daemon that could not
   * remove a finished one from its store; each of them closes.
   */
  readonly #byKey = new Map<string, readonly LeaseId[]>();
  /** Lengths of the prefixes of leases. BOUNDED: by the lengths that a door may have. */
  readonly #lengths6 = new Set<number>();
  readonly #deadlines = new DeadlineQueue<LeaseId>();
  readonly #perDoor = new Map<string, number>();
  #failed = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Leases whose start command failed. */
  get failed(): number {
    return this.#failed;
  }

  get(id: LeaseId): Entry | undefined {
    return this.#entries.get(id);
  }

  each(): Iterable<Entry> {
    return this.#entries.values();
  }

  countAt(door: string): number {
    return this.#perDoor.get(door) ?? 0;
  }

  hasRoom({ name, maxLeases = DEFAULT_MAX_LEASES }: DoorSpec): boolean {
    return this.#entries.size < this.#limit && this.countAt(name) < maxLeases;
  }

  /** The lease of a source at a door. If there are several: one that is not closing, with the latest end. */
  current(door: string, source: Address): Entry | undefined {
    let best: Entry | undefined;
    for (const id of this.#idsFor(door, source)) {
      const entry = this.#entries.get(id);
      if (entry !== undefined && (best === undefined || isBetter(entry.lease, best.lease))) best = entry;
    }
    return best;
  }

  /** Leases of the source itself, and of prefixes that include it. */
  #idsFor(door: string, source: Address): readonly LeaseId[] {
    const own = this.#byKey.get(`${source}\n${door}`) ?? [];
    if (this.#lengths6.size === 0 || familyOf(source) === 4) return own;
    const around = [...this.#lengths6].flatMap(
      (length) => this.#byKey.get(keyOf(door, prefixAround(source, length))) ?? [],
    );
    return [...own, ...around];
  }

  put(entry: Entry, due: Instant | undefined): void {
    const { id, door } = entry.lease;
    if (!this.#entries.has(id)) {
      const key = keyOf(door, leasePrefix(entry.lease));
      if (entry.lease.opened?.prefix6 !== undefined) this.#lengths6.add(entry.lease.opened.prefix6);
      this.#byKey.set(key, [...(this.#byKey.get(key) ?? []), id]);
      this.#perDoor.set(door, this.countAt(door) + 1);
    }
    this.#failed += failures(entry) - failures(this.#entries.get(id));
    this.#entries.set(id, entry);
    if (due === undefined) this.#deadlines.delete(id);
    else this.#deadlines.put(id, due);
  }

  delete(id: LeaseId): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    const { door } = entry.lease;
    this.#entries.delete(id);
    this.#failed -= failures(entry);
    this.#deadlines.delete(id);
    const key = keyOf(door, leasePrefix(entry.lease));
    const others = (this.#byKey.get(key) ?? []).filter((one) => one !== id);
    if (others.length === 0) this.#byKey.delete(key);
    else this.#byKey.set(key, others);
    const left = this.countAt(door) - 1;
    if (left === 0) this.#perDoor.delete(door);
    else this.#perDoor.set(door, left);
  }

  nextDue(): Instant | undefined {
    return this.#deadlines.next()?.due as Instant | undefined;
  }

  /** A lease whose next action is due; the earliest first. */
  due(now: Instant): Entry | undefined {
    const next = this.#deadlines.next();
    return next === undefined || next.due > now ? undefined : this.#entries.get(next.key);
  }
}

const failures = (entry: Entry | undefined): number => (entry?.lease.startFailure === undefined ? 0 : 1);

function isBetter(a: Lease, b: Lease): boolean {
  const closes = a.state === 'closing';
  return closes === (b.state === 'closing') ? a.due > b.due : !closes;
}

/** An address contains no line end. */
const keyOf = (door: string, prefix: Prefix): string => `${renderPrefix(prefix)}\n${door}`;

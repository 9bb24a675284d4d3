import { DEFAULT_MAX_LEASES, type DoorSpec } from '../door/door.ts';
import type { Address } from '../net/address.ts';
import { after, type Instant } from '../net/time.ts';
import { DeadlineQueue } from './deadline-queue.ts';
import type { Demand } from './demand.ts';
import type { Lease, LeaseId } from './lease.ts';

/** What a demand comes to. */
export type LeaseDecision =
  /** Nothing is open: make a lease with `add`, and run the start command. */
  | { readonly kind: 'open' }
  /** Open already: the lease has a later end. */
  | { readonly kind: 'extended'; readonly lease: Lease }
  /** Being closed just now: `closed` will ask for it again. */
  | { readonly kind: 'after-close' }
  /** As many leases as there may be. */
  | { readonly kind: 'full' };

/**
 * The doors that are open, one lease for a source and door, and the order in which they close.
 * BOUNDED: by `limit` leases; a completion beyond it is refused.
 */
export class LeaseBook {
  readonly #limit: number;
  readonly #leases = new Map<LeaseId, Lease>();
  /** The lease of a source and door that a completion extends: the last one added. */
  readonly #current = new Map<string, LeaseId>();
  readonly #deadlines = new DeadlineQueue<LeaseId>();
  /** Leases of a door; a door that has none is not in it. */
  readonly #perDoor = new Map<string, number>();
  readonly #afterClose = new Map<LeaseId, Demand>();
  /** Those `closing` that could not be closed, and wait for another try. */
  readonly #again = new Set<LeaseId>();
  readonly #failed = new Set<LeaseId>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#leases.size;
  }

  /** How many of them have a start command that has failed. */
  get failed(): number {
    return this.#failed.size;
  }

  has(id: LeaseId): boolean {
    return this.#leases.has(id);
  }

  lease(id: LeaseId): Lease | undefined {
    return this.#leases.get(id);
  }

  leases(): Lease[] {
    return [...this.#leases.values()];
  }

  /** One by one, in the order in which they began, as they are at that moment. */
  each(): Iterable<Lease> {
    return this.#leases.values();
  }

  /** How many leases the door has. */
  countAt(door: string): number {
    return this.#perDoor.get(door) ?? 0;
  }

  /** The lease of a source at a door that a demand would make longer. */
  current(door: string, source: Address): Lease | undefined {
    const id = this.#current.get(keyOf(door, source));
    return id === undefined ? undefined : this.#leases.get(id);
  }

  complete(demand: Demand, now: Instant): LeaseDecision {
    const { door, source } = demand;
    const lease = this.current(door.name, source);
    if (lease === undefined) return { kind: this.#hasRoom(door) ? 'open' : 'full' };
    if (lease.state === 'closing') {
      this.#afterClose.set(lease.id, demand);
      // Somebody waits for it.
      this.#hasten(lease.id, now);
      return { kind: 'after-close' };
    }
    const extended = { ...lease, due: laterOf(lease.due, after(now, door.opening.cmdTimeout)) };
    this.#put(extended);
    return { kind: 'extended', lease: extended };
  }

  #hasRoom({ name, maxLeases = DEFAULT_MAX_LEASES }: DoorSpec): boolean {
    return this.#leases.size < this.#limit && this.countAt(name) < maxLeases;
  }

  /**
   * Takes in a new lease, or one that an earlier run has left. There may be two of those for a source and door,
   * where a finished one could not be taken out of the store: each of them closes.
   */
  add(lease: Lease): void {
    this.#current.set(keyOf(lease.door, lease.source), lease.id);
    this.#put(lease);
    if (lease.startFailure !== undefined) this.#failed.add(lease.id);
  }

  /** Forgets a lease that did not come about. */
  remove(id: LeaseId): void {
    const lease = this.#leases.get(id);
    if (lease === undefined) return;
    const key = keyOf(lease.door, lease.source);
    if (this.#current.get(key) === id) this.#current.delete(key);
    this.#leases.delete(id);
    this.#count(lease.door, -1);
    this.#deadlines.delete(id);
    this.#afterClose.delete(id);
    this.#again.delete(id);
    this.#failed.delete(id);
  }

  /** What its start command has failed of; `undefined`: it has not. Returns it as it is now. */
  startEnded(id: LeaseId, startFailure: string | undefined): Lease | undefined {
    const lease = this.#leases.get(id);
    if (lease === undefined) return undefined;
    const { startFailure: _, ...rest } = lease;
    const ended = startFailure === undefined ? rest : { ...rest, startFailure };
    this.#leases.set(id, ended);
    if (startFailure === undefined) this.#failed.delete(id);
    else this.#failed.add(id);
    return ended;
  }

  /** The start command has ended: from now on the lease may close. Returns it as it is now. */
  opened(id: LeaseId): Lease | undefined {
    return this.#change(id, 'open');
  }

  /** Another end for a lease that is open. Returns it as it is now. */
  moveEnd(id: LeaseId, due: Instant): Lease | undefined {
    const lease = this.#leases.get(id);
    if (lease?.state !== 'open') return undefined;
    const moved = { ...lease, due };
    this.#put(moved);
    return moved;
  }

  /** It is due now, or as soon as it has opened. Returns whether it can be: one that closes already cannot. */
  endSoon(id: LeaseId, now: Instant): boolean {
    const lease = this.#leases.get(id);
    if (lease?.state === 'closing') this.#hasten(id, now);
    if (lease === undefined || lease.state === 'closing') return false;
    this.#put({ ...lease, due: earlierOf(lease.due, now) });
    return true;
  }

  /** It could not be closed, and is due once more then. Until it is closed it stays `closing`. */
  closeAgain(id: LeaseId, at: Instant): void {
    if (this.#leases.get(id)?.state !== 'closing') return;
    this.#again.add(id);
    this.#deadlines.put(id, at);
  }

  /**
   * The leases whose time has come, now `closing`, in the order of their ends; among them those to be closed again. One
   * still opening waits.
   */
  takeDue(now: Instant): Lease[] {
    const due: Lease[] = [];
    for (let next = this.#deadlines.next(); next !== undefined; next = this.#deadlines.next()) {
      if (next.due > now) break;
      this.#deadlines.delete(next.key);
      const lease = this.#leases.get(next.key);
      if (lease !== undefined && this.#again.delete(next.key)) due.push(lease);
      if (lease?.state !== 'open') continue;
      const closing = this.#change(lease.id, 'closing');
      if (closing !== undefined) due.push(closing);
    }
    return due;
  }

  /** All that are open are due at once: the daemon stops. Those still opening become due when they have opened. */
  closeAll(now: Instant): void {
    for (const { id } of this.leases()) this.endSoon(id, now);
    this.#afterClose.clear();
  }

  /** The stop command has ended. Returns the demand that came in the meantime, to be offered again. */
  closed(id: LeaseId): Demand | undefined {
    const again = this.#afterClose.get(id);
    this.remove(id);
    return again;
  }

  nextDue(): Instant | undefined {
    return this.#deadlines.next()?.due as Instant | undefined;
  }

  #hasten(id: LeaseId, now: Instant): void {
    if (this.#again.has(id)) this.#deadlines.put(id, now);
  }

  #count(door: string, change: 1 | -1): void {
    const count = this.countAt(door) + change;
    if (count === 0) this.#perDoor.delete(door);
    else this.#perDoor.set(door, count);
  }

  #change(id: LeaseId, state: Lease['state']): Lease | undefined {
    const lease = this.#leases.get(id);
    if (lease === undefined) return undefined;
    const changed = { ...lease, state };
    this.#put(changed);
    return changed;
  }

  #put(lease: Lease): void {
    if (!this.#leases.has(lease.id)) this.#count(lease.door, 1);
    this.#leases.set(lease.id, lease);
    // One that is opening is due only once it has opened.
    if (lease.state === 'open') this.#deadlines.put(lease.id, lease.due);
    else this.#deadlines.delete(lease.id);
  }
}

/** An address has no line end in it. */
const keyOf = (door: string, source: Address): string => `${source}\n${door}`;

const laterOf = (a: Instant, b: Instant): Instant => (a > b ? a : b);
const earlierOf = (a: Instant, b: Instant): Instant => (a < b ? a : b);

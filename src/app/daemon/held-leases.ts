import type { Event } from '../../core/event/event.ts';
import type { Lease } from '../../core/lease/lease.ts';
import type { LeaseBook } from '../../core/lease/lease-book.ts';
import { after, type Millis, millis, since } from '../../core/net/time.ts';
import type { Clock } from '../../host/clock/clock.ts';
import type { LeaseActions } from './lease-actions.ts';
import type { LeaseNotes } from './lease-notes.ts';

/**
 * A lease that a connection holds is kept open for so long ahead, and anew when half of it is over: that is how long
 * the kernel leaves it open after the daemon's death.
 */
const HOLD_MS = millis(30_000);

export type HeldLeasesParts = {
  readonly book: LeaseBook;
  readonly notes: LeaseNotes;
  readonly actions: LeaseActions;
  readonly clock: Clock;
  readonly report: (event: Event) => void;
  /** Writes the lease's new end. */
  readonly keep: (lease: Lease, length: Millis) => void;
};

/** Leases that last longer than their time, as long as a connection made through them lives. */
export class HeldLeases {
  readonly #parts: HeldLeasesParts;

  constructor(parts: HeldLeasesParts) {
    this.#parts = parts;
  }

  /** Whether a connection made through the lease lives now. */
  has(lease: Lease): boolean {
    const { notes, actions } = this.#parts;
    return lease.opened?.hold === true && !notes.ends.has(lease.id) && actions.connections.lives(lease);
  }

  /** A connection lives: the lease is not to end within the next seconds. */
  hold(lease: Lease): void {
    if (since(this.#parts.clock.sinceBoot(), lease.due) < HOLD_MS / 2) this.prolong(lease);
  }

  prolong(lease: Lease): void {
    const { book, notes, actions, clock, report, keep } = this.#parts;
    const { source, door } = lease;
    const held = book.moveEnd(lease.id, after(clock.sinceBoot(), HOLD_MS));
    if (held === undefined) return;
    if (!notes.held.has(lease.id)) report({ kind: 'held', source, door });
    notes.held.add(lease.id);
    // To open the ports once more would have another connection in.
    if (lease.opened?.singleUse !== true) void actions.extendPorts(held);
    keep(held, HOLD_MS);
  }
}

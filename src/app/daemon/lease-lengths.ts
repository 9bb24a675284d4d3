import type { Event } from '../../core/event/event.ts';
import type { Lease } from '../../core/lease/lease.ts';
import type { LeaseBook } from '../../core/lease/lease-book.ts';
import { after, type Millis, since } from '../../core/net/time.ts';
import type { Clock } from '../../host/clock/clock.ts';
import type { LeaseActions } from './lease-actions.ts';
import type { LeaseNotes } from './lease-notes.ts';

/** An end is written anew when it has moved by so much. */
const KEEP_MS = 1000;

export type LeaseLengthsParts = {
  readonly book: LeaseBook;
  readonly notes: LeaseNotes;
  readonly actions: LeaseActions;
  readonly clock: Clock;
  readonly report: (event: Event) => void;
  /** Writes the lease's new end. */
  readonly keep: (lease: Lease, length: Millis) => void;
};

/** Leases that last longer than they would have: by another knock, or by the operator's word. */
export class LeaseLengths {
  readonly #parts: LeaseLengthsParts;

  constructor(parts: LeaseLengthsParts) {
    this.#parts = parts;
  }

  /** The book has given it `length` from now on, or left it its own end. */
  knocked(extended: Lease, length: Millis): void {
    const { book, notes, actions, clock } = this.#parts;
    // What a connection has held open counts from this knock on, like all others: the next look holds it again.
    const isHeld = notes.held.delete(extended.id);
    const end = after(clock.sinceBoot(), length);
    const lease = isHeld ? (book.moveEnd(extended.id, end) ?? extended) : extended;
    // A disk takes its time, and a flood of knocks must not have it taken for each: to the second is near enough.
    if (isHeld || lease.due - (notes.kept.get(lease.id) ?? 0) >= KEEP_MS) {
      this.#lengthen(lease, length);
      void actions.extendPorts(lease);
    } else if (lease.opened?.singleUse === true && end < lease.due) {
      // It lasts longer anyway, but its use may be spent, and here is a new one.
      void actions.extendPorts(lease);
    }
  }

  /** For so much longer; what a connection holds open, from now on. `undefined` where it is not open. */
  add(lease: Lease, length: Millis): Lease | undefined {
    const { book, notes, actions, clock } = this.#parts;
    if (lease.state !== 'open') return undefined;
    const now = clock.sinceBoot();
    const from = notes.held.delete(lease.id) ? now : lease.due;
    const longer = book.moveEnd(lease.id, after(from, length));
    if (longer === undefined) return undefined;
    this.#lengthen(longer, since(now, longer.due));
    // Not one use more than it had left.
    void (longer.opened?.singleUse === true ? actions.renewPorts() : actions.extendPorts(longer));
    return longer;
  }

  #lengthen(lease: Lease, length: Millis): void {
    const { actions, clock, report, keep } = this.#parts;
    const left = Math.ceil(since(clock.sinceBoot(), lease.due) / 1000);
    report({ kind: 'extended', source: lease.source, door: lease.door, seconds: left });
    actions.connections.renew(lease);
    keep(lease, length);
  }
}

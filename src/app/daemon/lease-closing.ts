import type { Event } from '../../core/event/event.ts';
import type { Lease, LeaseEnd, LeaseId } from '../../core/lease/lease.ts';
import type { LeaseBook } from '../../core/lease/lease-book.ts';
import { after, millis, since } from '../../core/net/time.ts';
import type { Clock } from '../../host/clock/clock.ts';
import type { LeaseEnding } from '../../host/store/lease-store.ts';
import type { Claims } from './claims.ts';
import type { HeldLeases } from './held-leases.ts';
import { endingOf } from './keep-lease.ts';
import type { LeaseActions } from './lease-actions.ts';
import type { LeaseJournal } from './lease-journal.ts';
import type { LeaseNotes } from './lease-notes.ts';

/** A timer does not count while the machine sleeps: with leases open, the clock is looked at this often. */
const LOOK_MS = 1000;

/** A closing command for which the machine had no process is tried again after this long. */
const CLOSE_AGAIN_MS = millis(10_000);

export type LeaseClosingParts = {
  readonly book: LeaseBook;
  readonly notes: LeaseNotes;
  readonly actions: LeaseActions;
  readonly journal: LeaseJournal;
  readonly held: HeldLeases;
  readonly claims: Claims;
  readonly clock: Clock;
  readonly report: (event: Event) => void;
  /** It is over, and written down. */
  readonly forget: (id: LeaseId) => void;
};

/** Closes leases at their time, or before it. */
export class LeaseClosing {
  readonly #parts: LeaseClosingParts;
  /** Their claims stay. BOUNDED: by the leases that the store held at the start. */
  readonly #adopted = new Set<LeaseId>();
  /** Who waits for a lease's end. BOUNDED: by the leases. */
  readonly #waiting = new Map<LeaseId, PromiseWithResolvers<void>>();
  #timer: NodeJS.Timeout | undefined;
  #stopping = false;

  constructor(parts: LeaseClosingParts) {
    this.#parts = parts;
  }

  /** Every lease closes now, and nothing is tried again. */
  stop(): void {
    const { book, clock } = this.#parts;
    this.#stopping = true;
    book.closeAll(clock.sinceBoot());
    this.closeDue();
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  /** An earlier daemon has opened it. */
  adopted(id: LeaseId): void {
    this.#adopted.add(id);
  }

  /** By the operator's word. Each resolves when nothing of the lease is open any more. */
  endAll(leases: readonly Lease[]): Promise<void>[] {
    const { book, notes, clock } = this.#parts;
    const now = clock.sinceBoot();
    const ended = leases.map(({ id }) => {
      if (book.endSoon(id, now)) notes.ends.set(id, 'closed');
      if (!book.has(id)) return Promise.resolve();
      const waiting = this.#waiting.get(id) ?? Promise.withResolvers<void>();
      this.#waiting.set(id, waiting);
      return waiting.promise;
    });
    this.closeDue();
    return ended;
  }

  /** It is over for the keeper. */
  forgotten(id: LeaseId): void {
    this.#waiting.get(id)?.resolve();
    this.#waiting.delete(id);
  }

  endNow(id: LeaseId, how: LeaseEnd): void {
    const { book, notes, clock } = this.#parts;
    if (book.moveEnd(id, clock.sinceBoot()) === undefined) return;
    notes.ends.set(id, how);
    this.closeDue();
  }

  closeDue(): void {
    const { book, held, clock } = this.#parts;
    for (const lease of book.takeDue(clock.sinceBoot())) {
      if (!this.#stopping && held.has(lease)) {
        book.add({ ...lease, state: 'open' });
        held.prolong(lease);
      } else void this.#close(lease);
    }
    this.schedule();
  }

  /** After every change of a lease's end. */
  schedule(): void {
    const { book, clock } = this.#parts;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const next = book.nextDue();
    if (next === undefined) return;
    const wait = since(clock.sinceBoot(), next);
    this.#timer = setTimeout(() => this.closeDue(), Math.min(Math.max(0, Math.ceil(wait)), LOOK_MS));
  }

  async #close(lease: Lease): Promise<void> {
    const { notes, actions, clock } = this.#parts;
    const how = notes.ends.get(lease.id) ?? (this.#stopping ? 'stopped' : 'expired');
    if (!(await actions.closePorts(lease, how))) return this.#closeLater(lease);
    const ending = endingOf(lease, how, clock);
    if (!(await actions.runStop(lease))) return this.#closeLater(lease);
    actions.tell('close', lease);
    return this.finish(lease, ending);
  }

  /** The row stays: what cannot be closed now is closed later, be it by the next daemon. */
  #closeLater(lease: Lease): void {
    const { book, clock, forget } = this.#parts;
    if (this.#stopping) {
      forget(lease.id);
      return;
    }
    const due = after(clock.sinceBoot(), CLOSE_AGAIN_MS);
    book.add({ ...lease, state: 'open', due });
    this.schedule();
  }

  /** Nothing of it is open any more. */
  async finish(lease: Lease, ending: LeaseEnding): Promise<void> {
    const { journal, claims, forget } = this.#parts;
    // In this order: a claim without a row is swept up, a row without its claim would be closed again. The claims
    // of an adopted lease stay until the next start: a command of the dead daemon may be on its way still.
    const isWritten = await journal.end(lease.id, ending);
    if (isWritten && !this.#adopted.has(lease.id)) this.#attempt(() => claims.drop(lease.id));
    forget(lease.id);
  }

  #attempt(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#parts.report({ kind: 'error', text: (error as Error).message });
    }
  }
}

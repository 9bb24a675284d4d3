import type { Event } from '../../core/event/event.ts';
import { closeAgainAfter, mayCloseAgainAtStop } from '../../core/lease/close-again.ts';
import type { Lease, LeaseEnd, LeaseId } from '../../core/lease/lease.ts';
import type { LeaseBook } from '../../core/lease/lease-book.ts';
import { after, since } from '../../core/net/time.ts';
import type { Clock } from '../../host/clock/clock.ts';
import type { LeaseEnding } from '../../host/store/lease-store.ts';
import type { Claims } from './claims.ts';
import type { HeldLeases } from './held-leases.ts';
import { endingOf } from './keep-lease.ts';
import type { LeaseActions } from './lease-actions.ts';
import type { LeaseJournal } from './lease-journal.ts';
import type { LeaseNotes, Unclosed } from './lease-notes.ts';

/** A timer does not count while the machine sleeps: with leases open, the clock is looked at this often. */
const LOOK_MS = 1000;

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

  /** Every lease closes now, those at once that wait to be closed again. */
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
    const { book, notes, held, clock } = this.#parts;
    for (const lease of book.takeDue(clock.sinceBoot())) {
      const isClosedInPart = notes.unclosed.has(lease.id);
      if (!this.#stopping && !isClosedInPart && held.has(lease)) {
        // In its place: one that came later is still the one that a knock makes longer.
        book.opened(lease.id);
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

  /** A stop command that an earlier daemon has run was killed in the middle. */
  closeCutOff(lease: Lease): Promise<void> {
    this.#parts.notes.unclosed.set(lease.id, { times: 1, portsClosed: false });
    return this.#close(lease);
  }

  async #close(lease: Lease): Promise<void> {
    const { notes, actions, clock } = this.#parts;
    const how = notes.ends.get(lease.id) ?? (this.#stopping ? 'stopped' : 'expired');
    const before = notes.unclosed.get(lease.id) ?? { times: 0, portsClosed: false };
    const times = before.times + 1;
    if (!before.portsClosed && !(await actions.closePorts(lease, how))) {
      // At a stop the whole part of the firewall goes anyway.
      return this.#closeLater(lease, { ...before, times }, !this.#stopping);
    }
    const stopped = await actions.runStop(lease, before.times > 0);
    const { failure: stopFailure = before.stopFailure } = stopped;
    if (!stopped.isOver) {
      const unclosed = { times, portsClosed: true, ...(stopFailure === undefined ? {} : { stopFailure }) };
      return this.#closeLater(lease, unclosed, !this.#stopping || mayCloseAgainAtStop(times));
    }
    const ending = endingOf(lease, how, clock, stopFailure);
    actions.tell('close', lease);
    return this.finish(lease, ending);
  }

  /** The row stays: what cannot be closed now is closed later, be it by the next daemon. */
  #closeLater(lease: Lease, unclosed: Unclosed, isOurs: boolean): void {
    const { book, notes, clock, report, forget } = this.#parts;
    const { id, source, door } = lease;
    if (!isOurs) {
      forget(id);
      return;
    }
    notes.unclosed.set(id, unclosed);
    const gap = closeAgainAfter(unclosed.times);
    book.closeAgain(id, after(clock.sinceBoot(), gap));
    report({ kind: 'unclosed', source, door, times: unclosed.times, seconds: Math.ceil(gap / 1000) });
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

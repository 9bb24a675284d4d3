import { startLimit, stopLimit } from '../../core/door/command-limits.ts';
import { renderFailure } from '../../core/event/failure-words.ts';
import type { Lease, LeaseEnd, LeaseId } from '../../core/lease/lease.ts';
import type { LeaseBook } from '../../core/lease/lease-book.ts';
import type { Millis } from '../../core/net/time.ts';
import type { LeaseEnding, StoredLease } from '../../host/store/lease-store.ts';
import { type AdoptionParts, isOfThisBoot, judgeAdoption } from './adoption.ts';
import type { DoorLimits } from './door-limits.ts';
import { endingOf } from './keep-lease.ts';
import type { LeaseClosing } from './lease-closing.ts';
import type { LeaseJournal } from './lease-journal.ts';

export type LeaseAdoptionParts = AdoptionParts & {
  readonly book: LeaseBook;
  readonly limits: DoorLimits;
  readonly journal: LeaseJournal;
  readonly closing: LeaseClosing;
  /** Writes the lease's new end. */
  readonly keep: (lease: Lease, length: Millis) => void;
  readonly startEnded: (id: LeaseId, failure: string | undefined) => void;
  /** The lease is open, and its time runs. */
  readonly settle: (lease: Lease) => void;
};

/** Takes on leases that an earlier daemon has left, with the commands of theirs that still run. */
export class LeaseAdoption {
  readonly #parts: LeaseAdoptionParts;

  constructor(parts: LeaseAdoptionParts) {
    this.#parts = parts;
  }

  async adopt(stored: StoredLease): Promise<void> {
    const { clock, claims, report, book, journal, closing, keep, settle } = this.#parts;
    const adoption = judgeAdoption(stored, this.#parts);
    closing.adopted(stored.id);
    if (adoption.kind === 'over') {
      await journal.end(stored.id, this.#endingOf(adoption, adoption.how));
      return;
    }
    const { lease, running } = adoption;
    book.add(lease);
    if (!isOfThisBoot(stored, clock)) {
      // From here on it is this boot's clock that counts: that of day may jump once more.
      this.#moveToThisBoot(lease.id);
      keep(lease, stored.length);
    }
    const overdue = lease.due <= clock.sinceBoot();
    report({ kind: 'adopted', source: lease.source, door: lease.door, overdue });
    const hasEnded = running === undefined || (await claims.ended(running, this.#limitOf(lease)));
    if (lease.state !== 'closing') {
      this.#noteStart(lease);
      settle(lease);
    } else if (hasEnded) await closing.finish(lease, this.#endingOf(lease, 'expired'));
    else await closing.closeCutOff(lease);
  }

  #moveToThisBoot(id: LeaseId): void {
    try {
      this.#parts.claims.moveToThisBoot(id);
    } catch (error) {
      this.#parts.report({ kind: 'error', text: (error as Error).message });
    }
  }

  /** How long the command that an earlier daemon has started may run from now on; 0: as long as it likes. */
  #limitOf({ door, stop, state }: Lease): Millis {
    const limits = this.#parts.limits.of(door);
    return state === 'closing' ? stopLimit(limits) : startLimit(limits, stop !== '');
  }

  /** What an earlier daemon's start command has left behind tells how it ended. */
  #noteStart({ id, stop, startFailure }: Lease): void {
    if (stop === '' || startFailure !== undefined) return;
    const failure = this.#parts.claims.startFailure(id);
    if (failure !== undefined) this.#parts.startEnded(id, renderFailure(failure));
  }

  /** An earlier daemon's stop command has ended by itself, if there was one. */
  #endingOf(lease: Pick<Lease, 'id' | 'since' | 'startFailure'>, how: LeaseEnd): LeaseEnding {
    const { claims, clock } = this.#parts;
    const failure = claims.stopFailure(lease.id);
    return endingOf(lease, how, clock, failure === undefined ? undefined : renderFailure(failure));
  }
}

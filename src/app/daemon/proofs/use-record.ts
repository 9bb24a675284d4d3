import type { Event } from '../../../core/event/event.ts';
import type { Instant, Millis } from '../../../core/net/time.ts';
import { type UsedKnock, UsedKnocks } from '../../../core/signed/used-knocks.ts';
import type { Clock } from '../../../host/clock/clock.ts';
import type { LeaseStore } from '../../../host/store/lease-store.ts';
import { RunRecord } from '../leases/run-record.ts';

export type UseRecordParts = {
  readonly store: LeaseStore;
  readonly clock: Clock;
  readonly report: (event: Event) => void;
  /** Writes in one transaction with the lease that results. */
  readonly alongside: (write: () => void) => Promise<void>;
};

/**
 * Which signed knocks have been used, in memory and in the store. A disk that cannot be written keeps nobody out:
 * memory still counts. The next start sees that this run did not end in order, and accepts nothing older than itself.
 */
export class UseRecord {
  readonly #parts: UseRecordParts;
  readonly #used: UsedKnocks;
  readonly #record: RunRecord<UsedKnock>;

  /** `start`: of this process, by the wall clock. */
  constructor(parts: UseRecordParts, start: Instant) {
    this.#parts = parts;
    const { clock, store } = parts;
    const used = new UsedKnocks(this.#read(), start, clock.sinceBoot());
    this.#used = used;
    this.#record = new RunRecord<UsedKnock>({
      ...parts,
      what: 'signed knocks',
      all: () => used.each(),
      write: (run, uses) =>
        store.recordUses(run, uses, { floor: used.floor, each: () => used.each() }, clock.wall()),
      end: (run) => store.endUses(run, clock.wall()),
    });
    this.#record.add([]);
  }

  /** Whether the record of this time may be incomplete. `unit`: of a time that was rounded down. */
  isForgotten(time: Instant, unit?: Millis): boolean {
    return this.#used.isForgotten(time, unit);
  }

  /** Whether the knock whose ephemeral key begins at `start` has been used. */
  has(bytes: Uint8Array, start: number): boolean {
    return this.#used.has(bytes, start);
  }

  /**
   * Records the use. False: it was used before, or there is no room. It counts at once, and is written with its lease.
   */
  use(knock: UsedKnock): boolean {
    const { clock } = this.#parts;
    this.#used.purge(clock.wall(), clock.sinceBoot());
    if (!this.#used.add(knock, clock.sinceBoot())) return false;
    this.#record.add([knock]);
    return true;
  }

  /** The daemon ends in order, with all pending writes done if possible. */
  end(): void {
    this.#record.end();
  }

  #read(): ReturnType<LeaseStore['uses']> {
    const { store, report } = this.#parts;
    try {
      return store.uses();
    } catch (error) {
      const text = `${(error as Error).message}; signed knocks that are older than this start do not count`;
      report({ kind: 'warning', text });
      return { floor: 0 as Instant, used: [] };
    }
  }
}

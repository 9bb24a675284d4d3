import type { Event } from '../../../core/event/event.ts';
import type { Instant } from '../../../core/net/time.ts';
import { type UsedKnock, UsedKnocks } from '../../../core/signed/used-knocks.ts';
import type { Clock } from '../../../host/clock/clock.ts';
import type { LeaseStore } from '../../../host/store/lease-store.ts';
import { RunRecord } from '../leases/run-record.ts';

export type UseRecordParts = {
  readonly store: LeaseStore;
  readonly clock: Clock;
  readonly report: (event: Event) => void;
  /** Writes it in one transaction with a lease that comes of it. */
  readonly alongside: (write: () => void) => Promise<void>;
};

/**
 * Which signed knocks have been taken, in memory and in the store. A disk that cannot be written keeps nobody out: what
 * it misses counts here, and the next start, which finds that this run has not ended in order, takes nothing that is
 * older than itself.
 */
export class UseRecord {
  readonly #parts: UseRecordParts;
  readonly #used: UsedKnocks;
  readonly #record: RunRecord<UsedKnock>;

  /** `start`: this process's, by the wall clock. */
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
      end: (run) => store.endUses(run),
    });
    this.#record.add([]);
  }

  /** Knocks up to this time do not count: of what was taken by then not everything is known. */
  get floor(): Instant {
    return this.#used.floor;
  }

  /** Whether the knock whose ephemeral key begins at `start` has been taken. */
  has(bytes: Uint8Array, start: number): boolean {
    return this.#used.has(bytes, start);
  }

  /** Takes it; false if it has been taken, or there is no room. It counts from now on, and is on the disk with its lease. */
  take(knock: UsedKnock): boolean {
    const { clock } = this.#parts;
    this.#used.purge(clock.wall(), clock.sinceBoot());
    if (!this.#used.add(knock, clock.sinceBoot())) return false;
    this.#record.add([knock]);
    return true;
  }

  /** The daemon ends in order, and all that waited to be written is, if it could be. */
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
      return { floor: 0 as Instant, used: [], isWhole: false };
    }
  }
}

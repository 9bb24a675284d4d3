import type { Event } from '../../../core/event/event.ts';
import type { Instant } from '../../../core/net/time.ts';
import { type UsedKnock, UsedKnocks } from '../../../core/signed/used-knocks.ts';
import type { Clock } from '../../../host/clock/clock.ts';
import { randomBytes } from '../../../host/self/random-bytes.ts';
import { type LeaseStore, StoreError } from '../../../host/store/lease-store.ts';

/** While the store lacks some of it, it is given all of it this often. */
const RETRY_MS = 10_000;

const RUN_BYTES = 16;

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
  readonly #run = Buffer.from(randomBytes(RUN_BYTES)).toString('hex');
  #retry: NodeJS.Timeout | undefined;
  #isTold = false;

  /** `start`: this process's, by the wall clock. */
  constructor(parts: UseRecordParts, start: Instant) {
    this.#parts = parts;
    const { clock } = parts;
    this.#used = new UsedKnocks(this.#read(), start, clock.sinceBoot());
    this.#write([]);
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
    this.#write([knock]);
    return true;
  }

  /** The daemon ends in order, and all that waited to be written is, if it could be. */
  end(): void {
    const isMissing = this.#retry !== undefined;
    clearTimeout(this.#retry);
    if (isMissing) return;
    try {
      this.#parts.store.endUses(this.#run);
    } catch (error) {
      this.#tell(error);
    }
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

  #write(fresh: readonly UsedKnock[]): void {
    const { store, clock, alongside } = this.#parts;
    const known = { floor: this.#used.floor, each: () => this.#used.each() };
    const isAll = this.#retry !== undefined;
    alongside(() => store.recordUses(this.#run, isAll ? [...known.each()] : fresh, known, clock.wall())).then(
      () => {
        if (isAll) this.#written();
      },
      (error) => this.#tryAgain(error),
    );
  }

  #written(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    if (this.#isTold) this.#parts.report({ kind: 'warning', text: 'signed knocks can be recorded again' });
    this.#isTold = false;
  }

  #tryAgain(error: unknown): void {
    this.#tell(error);
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#write([]), RETRY_MS).unref();
  }

  #tell(error: unknown): void {
    if (!(error instanceof StoreError)) throw error;
    if (this.#isTold) return;
    this.#isTold = true;
    const text =
      `${error.message}; signed knocks open all the same, and are kept in memory: after a crash, those that are ` +
      'older than the next start do not count';
    this.#parts.report({ kind: 'warning', text });
  }
}

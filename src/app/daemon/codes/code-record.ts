import { stepAt } from '../../../core/code/totp.ts';
import { type UsedCode, UsedCodes } from '../../../core/code/used-codes.ts';
import type { Event } from '../../../core/event/event.ts';
import type { Instant } from '../../../core/net/time.ts';
import type { LeaseStore } from '../../../host/store/lease-store.ts';
import { RunRecord } from '../leases/run-record.ts';

export type CodeRecordParts = {
  readonly store: LeaseStore;
  readonly report: (event: Event) => void;
  /** Writes it in one transaction with a lease that comes of it. */
  readonly alongside: (write: () => void) => Promise<void>;
};

/**
 * Which codes have been used, in memory and in the store. A disk that cannot be written keeps nobody out: what it misses
 * counts here, and the next start, which finds that this run has not ended in order, takes no code up to its own.
 */
export class CodeRecord {
  readonly used: UsedCodes;
  readonly #parts: CodeRecordParts;
  readonly #record: RunRecord<UsedCode>;

  /** `start`: this process's, by the wall clock. */
  constructor(parts: CodeRecordParts, start: Instant) {
    this.#parts = parts;
    const { floor, used, isWhole } = this.#read();
    this.used = new UsedCodes({ floor: isWhole ? floor : Math.max(floor, stepAt(start)), used });
    const { store } = parts;
    const known = { floor: this.used.floor, each: () => this.used.each() };
    this.#record = new RunRecord<UsedCode>({
      ...parts,
      what: 'codes',
      all: known.each,
      write: (run, uses) => store.recordCodes(run, uses, known),
      end: (run) => store.endCodes(run),
    });
    this.#record.add([]);
  }

  /** It counts from now on, and is on the disk with its lease. */
  take(use: UsedCode): boolean {
    const last = this.used.last(use.user, use.door);
    if (!this.used.take(use)) return false;
    // The same once more is written already.
    if (last?.step !== use.step || last.source !== use.source) this.#record.add([use]);
    return true;
  }

  /** What the user has used counts no more. Whether there was anything. */
  forgive(user: string): boolean {
    this.#record.change(() => this.#parts.store.forgiveCodes(user));
    return this.used.forgive(user);
  }

  /** The daemon ends in order, and all that waited to be written is, if it could be. */
  end(): void {
    this.#record.end();
  }

  #read(): ReturnType<LeaseStore['codes']> {
    const { store, report } = this.#parts;
    try {
      return store.codes();
    } catch (error) {
      const text = `${(error as Error).message}; codes that are older than this start do not count`;
      report({ kind: 'warning', text });
      return { floor: 0, used: [], isWhole: false };
    }
  }
}

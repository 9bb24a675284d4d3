import { stepAt } from '../../../core/code/totp.ts';
import { type UsedCode, UsedCodes } from '../../../core/code/used-codes.ts';
import type { Event } from '../../../core/event/event.ts';
import type { Instant } from '../../../core/net/time.ts';
import type { LeaseStore } from '../../../host/store/lease-store.ts';
import { RunRecord } from '../leases/run-record.ts';

export type CodeRecordParts = {
  readonly store: LeaseStore;
  readonly report: (event: Event) => void;
  /** Writes in one transaction with the lease that results. */
  readonly alongside: (write: () => void) => Promise<void>;
};

/**
 * Which codes have been used, in memory and in the store. A disk that cannot be written keeps nobody out: memory still
 * counts. The next start sees that this run did not end in order, and refuses all codes up to its own time.
 */
export class CodeRecord {
  readonly used: UsedCodes;
  readonly #parts: CodeRecordParts;
  readonly #record: RunRecord<UsedCode>;

  /** `start`: of this process, by the wall clock. */
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

  /** Counts at once, and is written with its lease. */
  use(code: UsedCode): boolean {
    const last = this.used.last(code.user, code.door);
    if (!this.used.use(code)) return false;
    // This use has already been written.
    if (last?.step !== code.step || last.source !== code.source) this.#record.add([code]);
    return true;
  }

  /** Forgets what the user has used. Returns whether there was anything. */
  forgive(user: string): boolean {
    this.#record.change(() => this.#parts.store.forgiveCodes(user));
    return this.used.forgive(user);
  }

  /** The daemon ends in order, with all pending writes done if possible. */
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

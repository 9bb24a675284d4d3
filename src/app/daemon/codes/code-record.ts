import { stepAt } from '../../../core/code/totp.ts';
import { type UsedCode, UsedCodes } from '../../../core/code/used-codes.ts';
import type { Event } from '../../../core/event/event.ts';
import type { Instant } from '../../../core/net/time.ts';
import { randomBytes } from '../../../host/self/random-bytes.ts';
import { type LeaseStore, StoreError } from '../../../host/store/lease-store.ts';

/** While the store lacks some of it, it is given all of it this often. */
const RETRY_MS = 10_000;

const RUN_BYTES = 16;

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
  readonly #run = Buffer.from(randomBytes(RUN_BYTES)).toString('hex');
  #retry: NodeJS.Timeout | undefined;
  #isTold = false;

  /** `start`: this process's, by the wall clock. */
  constructor(parts: CodeRecordParts, start: Instant) {
    this.#parts = parts;
    const { floor, used, isWhole } = this.#read();
    this.used = new UsedCodes({ floor: isWhole ? floor : Math.max(floor, stepAt(start)), used });
    this.#write([]);
  }

  /** It counts from now on, and is on the disk with its lease. */
  take(use: UsedCode): boolean {
    const last = this.used.last(use.user, use.door);
    if (!this.used.take(use)) return false;
    // The same once more is written already.
    if (last?.step !== use.step || last.source !== use.source) this.#write([use]);
    return true;
  }

  /** What the user has used counts no more. Whether there was anything. */
  forgive(user: string): boolean {
    const { store, alongside } = this.#parts;
    // Behind what waits to be written of him.
    alongside(() => store.forgiveCodes(user)).catch((error) => this.#tryAgain(error));
    return this.used.forgive(user);
  }

  /** The daemon ends in order, and all that waited to be written is, if it could be. */
  end(): void {
    const isMissing = this.#retry !== undefined;
    clearTimeout(this.#retry);
    if (isMissing) return;
    try {
      this.#parts.store.endCodes(this.#run);
    } catch (error) {
      this.#tell(error);
    }
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

  #write(fresh: readonly UsedCode[]): void {
    const { store, alongside } = this.#parts;
    const known = { floor: this.used.floor, each: () => this.used.each() };
    const isAll = this.#retry !== undefined;
    alongside(() => store.recordCodes(this.#run, isAll ? [...known.each()] : fresh, known)).then(
      () => {
        if (isAll) this.#written();
      },
      (error) => this.#tryAgain(error),
    );
  }

  #written(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    if (this.#isTold) this.#parts.report({ kind: 'warning', text: 'used codes can be recorded again' });
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
      `${error.message}; codes open all the same, and are kept in memory: after a crash, those that are ` +
      'older than the next start do not count';
    this.#parts.report({ kind: 'warning', text });
  }
}

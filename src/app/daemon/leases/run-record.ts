import type { Event } from '../../../core/event/event.ts';
import { randomBytes } from '../../../host/self/random-bytes.ts';
import { StoreError } from '../../../host/store/lease-store.ts';

/** Interval of retries while the store lacks part of the record. */
const RETRY_MS = 10_000;

const RUN_BYTES = 16;

export type RunRecordParts<T> = {
  /** What is recorded, as a plural, for the log. */
  readonly what: string;
  readonly report: (event: Event) => void;
  /** Writes in one transaction with the lease that results. */
  readonly alongside: (write: () => void) => Promise<void>;
  /** Everything that the store should hold. */
  readonly all: () => Iterable<T>;
  readonly write: (run: string, uses: readonly T[]) => void;
  /** Records that the run ended in order: the store is complete. */
  readonly end: (run: string) => void;
};

/**
 * Keeps the store's record of used proofs complete. A disk that cannot be written keeps nobody out: the whole record is
 * retried, and the next start sees that this run did not end in order.
 */
export class RunRecord<T> {
  readonly #parts: RunRecordParts<T>;
  readonly #run = Buffer.from(randomBytes(RUN_BYTES)).toString('hex');
  #retry: NodeJS.Timeout | undefined;
  #isTold = false;

  constructor(parts: RunRecordParts<T>) {
    this.#parts = parts;
  }

  add(fresh: readonly T[]): void {
    const { all, write, alongside } = this.#parts;
    const isAll = this.#retry !== undefined;
    alongside(() => write(this.#run, isAll ? [...all()] : fresh)).then(
      () => {
        if (isAll) this.#written();
      },
      (error) => this.#tryAgain(error),
    );
  }

  /** Another change of the record, queued behind pending writes. */
  change(write: () => void): void {
    this.#parts.alongside(write).catch((error) => this.#tryAgain(error));
  }

  /** The daemon ends in order, with all pending writes done if possible. */
  end(): void {
    const isMissing = this.#retry !== undefined;
    clearTimeout(this.#retry);
    if (isMissing) return;
    try {
      this.#parts.end(this.#run);
    } catch (error) {
      this.#reportOnce(error);
    }
  }

  #written(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    const { what, report } = this.#parts;
    if (this.#isTold) report({ kind: 'warning', text: `${what} can be recorded again` });
    this.#isTold = false;
  }

  #tryAgain(error: unknown): void {
    this.#reportOnce(error);
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.add([]), RETRY_MS).unref();
  }

  #reportOnce(error: unknown): void {
    if (!(error instanceof StoreError)) throw error;
    if (this.#isTold) return;
    this.#isTold = true;
    const { what, report } = this.#parts;
    const text =
      `${error.message}; ${what} open all the same, and are kept in memory: after a crash, those that are ` +
      'older than the next start do not count';
    report({ kind: 'warning', text });
  }
}

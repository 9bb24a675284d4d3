import type { Event } from '../../../core/event/event.ts';
import { randomBytes } from '../../../host/self/random-bytes.ts';
import { StoreError } from '../../../host/store/lease-store.ts';

/** While the store lacks some of it, it is given all of it this often. */
const RETRY_MS = 10_000;

const RUN_BYTES = 16;

export type RunRecordParts<T> = {
  /** Of what, in the plural: for the log. */
  readonly what: string;
  readonly report: (event: Event) => void;
  /** Writes it in one transaction with a lease that comes of it. */
  readonly alongside: (write: () => void) => Promise<void>;
  /** All that the store should have. */
  readonly all: () => Iterable<T>;
  readonly write: (run: string, uses: readonly T[]) => void;
  /** Notes that the run has ended in order: the store has all of it. */
  readonly end: (run: string) => void;
};

/**
 * Keeps the store's record of used proofs complete. A disk that cannot be written keeps nobody out: the record is retried
 * as a whole, and the next start finds that this run has not ended in order.
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

  /** Another change of the record, behind what waits to be written. */
  change(write: () => void): void {
    this.#parts.alongside(write).catch((error) => this.#tryAgain(error));
  }

  /** The daemon ends in order, and all that waited to be written is, if it could be. */
  end(): void {
    const isMissing = this.#retry !== undefined;
    clearTimeout(this.#retry);
    if (isMissing) return;
    try {
      this.#parts.end(this.#run);
    } catch (error) {
      this.#tell(error);
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
    this.#tell(error);
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.add([]), RETRY_MS).unref();
  }

  #tell(error: unknown): void {
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

/** Maximum delay of a write that waits for another one. */
const ALONGSIDE_MS = 20;

/** From one disk sync to the next, in a crowd: each may keep the process from everything else for milliseconds. */
const APART_MS = 10;

/** When changes are written to the disk. One that comes alone is written in the next turn of the event loop. */
export class SyncPace {
  readonly #sync: () => void;
  #soon: NodeJS.Immediate | undefined;
  #later: NodeJS.Timeout | undefined;
  #alongside: NodeJS.Timeout | undefined;
  #syncedAt = Number.NEGATIVE_INFINITY;

  constructor(sync: () => void) {
    this.#sync = sync;
  }

  soon(): void {
    if (this.#soon !== undefined || this.#later !== undefined) return;
    const wait = this.#syncedAt + APART_MS - performance.now();
    if (wait <= 0) this.#soon = setImmediate(this.#sync);
    else this.#later = setTimeout(this.#sync, wait);
  }

  /** With what comes next, or alone a moment later. */
  alongside(): void {
    this.#alongside ??= setTimeout(this.#sync, ALONGSIDE_MS);
  }

  /** Everything is being written now. */
  clear(): void {
    clearImmediate(this.#soon);
    clearTimeout(this.#later);
    clearTimeout(this.#alongside);
    this.#soon = undefined;
    this.#later = undefined;
    this.#alongside = undefined;
  }

  synced(): void {
    this.#syncedAt = performance.now();
  }
}

import type { Event } from '../../core/event/event.ts';
import type { Lease, LeaseId } from '../../core/lease/lease.ts';
import type { Millis } from '../../core/net/time.ts';
import type { Clock } from '../../host/clock/clock.ts';
import type { LeaseEnding, LeaseStore } from '../../host/store/lease-store.ts';
import { storedLease } from './lease-record.ts';

export type LeaseJournalParts = {
  readonly store: LeaseStore;
  readonly clock: Clock;
  readonly report: (event: Event) => void;
};

type Change = {
  readonly write: () => void;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
};

/**
 * Writes what happens to the leases, in the order of the calls. All that is asked for in one turn of the event loop
 * waits for the disk once.
 * BOUNDED: by a few changes a lease.
 */
export class LeaseJournal {
  readonly #parts: LeaseJournalParts;
  #waiting: Change[] = [];
  #soon: NodeJS.Immediate | undefined;

  constructor(parts: LeaseJournalParts) {
    this.#parts = parts;
  }

  /** Resolves when it is durable, or to why it cannot be recorded. `length`: how long it has been opened for. */
  async record(lease: Lease, length: Millis): Promise<string | undefined> {
    const { store, clock } = this.#parts;
    const stored = storedLease(lease, length, clock);
    try {
      await this.#put(() => store.record(stored));
      return undefined;
    } catch (error) {
      return `its closing cannot be recorded: ${(error as Error).message}`;
    }
  }

  /** The end has changed. What the store cannot do it says in the log; the door itself is not held up. */
  keep(lease: Lease, length: Millis): void {
    const { store, clock } = this.#parts;
    const stored = storedLease(lease, length, clock);
    this.#put(() => store.update(stored)).catch((error) => this.#reportError(error));
  }

  /** How its start command has ended. */
  keepStart({ id, startFailure }: Lease): void {
    const { store } = this.#parts;
    this.#put(() => store.noteStart(id, startFailure)).catch((error) => this.#reportError(error));
  }

  /** Resolves to whether it is history now. */
  async end(id: LeaseId, ending: LeaseEnding): Promise<boolean> {
    const { store } = this.#parts;
    try {
      await this.#put(() => store.end(id, ending));
      return true;
    } catch (error) {
      this.#reportError(error);
      return false;
    }
  }

  /** Writes what waits, now. */
  flush(): void {
    clearImmediate(this.#soon);
    this.#soon = undefined;
    const changes = this.#waiting;
    this.#waiting = [];
    if (changes.length === 0) return;
    try {
      this.#parts.store.together(() => {
        for (const { write } of changes) write();
      });
      for (const { resolve } of changes) resolve();
    } catch (error) {
      // One that cannot be written is not to be the others' end.
      if (changes.length === 1) changes[0]?.reject(error);
      else for (const change of changes) writeAlone(change);
    }
  }

  #put(write: () => void): Promise<void> {
    this.#soon ??= setImmediate(() => this.flush());
    return new Promise((resolve, reject) => this.#waiting.push({ write, resolve, reject }));
  }

  #reportError(error: unknown): void {
    this.#parts.report({ kind: 'error', text: (error as Error).message });
  }
}

function writeAlone({ write, resolve, reject }: Change): void {
  try {
    write();
    resolve();
  } catch (error) {
    reject(error);
  }
}

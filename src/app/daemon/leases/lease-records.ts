import type { Event } from '../../../core/event/event.ts';
import type { LeaseEffect } from '../../../core/lease/lease-effect.ts';
import type { LeaseInput } from '../../../core/lease/lease-input.ts';
import type { Entry } from '../../../core/lease/lease-table.ts';
import type { Clock } from '../../../host/clock/clock.ts';
import type { LeaseStore, StoredLease } from '../../../host/store/lease-store.ts';
import type { Claims } from '../../state/claims.ts';
import { LeaseJournal } from './lease-journal.ts';
import { toWallTime } from './lease-record.ts';

const RECORD_EFFECTS = ['record', 'note-start', 'move-end', 'move-claims', 'write-end'] as const;

const NAMES: ReadonlySet<string> = new Set(RECORD_EFFECTS);

export type RecordEffect = Extract<LeaseEffect, { do: (typeof RECORD_EFFECTS)[number] }>;

export const isRecordEffect = (effect: LeaseEffect): effect is RecordEffect => NAMES.has(effect.do);

export type LeaseRecordsParts = {
  readonly store: LeaseStore;
  readonly claims: Claims;
  readonly clock: Clock;
  readonly report: (event: Event) => void;
  /** All present leases. */
  readonly entries: () => Iterable<Entry>;
  readonly answer: (input: LeaseInput) => void;
};

/** Carries out the lease machine's effects on the store. */
export class LeaseRecords {
  readonly #parts: LeaseRecordsParts;
  readonly #journal: LeaseJournal;

  constructor(parts: LeaseRecordsParts) {
    this.#parts = parts;
    this.#journal = new LeaseJournal(parts);
  }

  do(effect: RecordEffect): void {
    switch (effect.do) {
      case 'record':
        void this.#record(effect);
        return;
      case 'note-start':
        this.#journal.keepStart(effect.lease);
        return;
      case 'move-end':
        this.#journal.keep(effect.lease, effect.length);
        return;
      case 'move-claims':
        this.#attempt(() => this.#parts.claims.moveToThisBoot(effect.id));
        return;
      case 'write-end':
        void this.#writeEnd(effect);
        return;
      default:
        effect satisfies never;
    }
  }

  /** Whether a record is likely to succeed: the store is open, and its last write succeeded. */
  get canRecord(): boolean {
    return this.#journal.canRecord;
  }

  /** Writes something that belongs to a lease, see `LeaseJournal`. */
  alongside(write: () => void): Promise<void> {
    return this.#journal.alongside(write);
  }

  /** The stored leases, except those with a pending last write. */
  stored(): readonly StoredLease[] {
    const all: StoredLease[] = [];
    this.#attempt(() => all.push(...this.#parts.store.all()));
    return all.filter(({ id }) => !this.#journal.isUnwritten(id));
  }

  /** Writes everything pending now, including earlier failures if possible. */
  stop(): void {
    this.#journal.stop();
  }

  async #record({ lease, length, canWait }: Extract<RecordEffect, { do: 'record' }>): Promise<void> {
    const { id } = lease;
    const why = await this.#journal.record(lease, length, canWait);
    this.#parts.answer(why === undefined ? { kind: 'recorded', id } : { kind: 'record-refused', id, why });
  }

  /** The order matters: a claim without a row is swept up, but a row without its claim would be closed again. */
  async #writeEnd(effect: Extract<RecordEffect, { do: 'write-end' }>): Promise<void> {
    const { claims, clock, answer } = this.#parts;
    const { lease, how, closed, lasted, stopFailure, dropsClaims } = effect;
    const { id, startFailure, closedBy } = lease;
    // A close command has no effect if a later knock overruled it.
    const closer = how !== 'closed' || closedBy === undefined ? {} : { closedBy };
    const failures = {
      ...(startFailure === undefined ? {} : { startFailure }),
      ...(stopFailure === undefined ? {} : { stopFailure }),
    };
    const ending = { how, at: toWallTime(closed, clock), lasted, ...failures, ...closer };
    await this.#journal.end(lease, ending, () => {
      if (dropsClaims) this.#attempt(() => claims.drop(id));
    });
    answer({ kind: 'end-written', id });
  }

  #attempt(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#parts.report({ kind: 'error', text: (error as Error).message });
    }
  }
}

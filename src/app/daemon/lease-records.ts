import type { Event } from '../../core/event/event.ts';
import type { LeaseEffect } from '../../core/lease/lease-effect.ts';
import type { LeaseInput } from '../../core/lease/lease-input.ts';
import type { Clock } from '../../host/clock/clock.ts';
import type { LeaseStore } from '../../host/store/lease-store.ts';
import type { Claims } from './claims.ts';
import { LeaseJournal } from './lease-journal.ts';
import { onWall } from './lease-record.ts';

export type RecordEffect = Extract<
  LeaseEffect,
  { do: 'record' | 'note-start' | 'move-end' | 'move-claims' | 'write-end' }
>;

export type LeaseRecordsParts = {
  readonly store: LeaseStore;
  readonly claims: Claims;
  readonly clock: Clock;
  readonly report: (event: Event) => void;
  readonly answer: (input: LeaseInput) => void;
};

/** What the lease machine wants written down. */
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

  /** Writes what waits, now. */
  flush(): void {
    this.#journal.flush();
  }

  async #record({ lease, length }: Extract<RecordEffect, { do: 'record' }>): Promise<void> {
    const { id } = lease;
    const why = await this.#journal.record(lease, length);
    this.#parts.answer(why === undefined ? { kind: 'recorded', id } : { kind: 'record-refused', id, why });
  }

  /**
   * In this order: a claim without a row is swept up, a row without its claim would be closed again.
   */
  async #writeEnd(effect: Extract<RecordEffect, { do: 'write-end' }>): Promise<void> {
    const { claims, clock, answer } = this.#parts;
    const { lease, how, closed, lasted, stopFailure, dropsClaims } = effect;
    const { id, startFailure } = lease;
    const failures = {
      ...(startFailure === undefined ? {} : { startFailure }),
      ...(stopFailure === undefined ? {} : { stopFailure }),
    };
    const isWritten = await this.#journal.end(id, { how, at: onWall(closed, clock), lasted, ...failures });
    if (isWritten && dropsClaims) this.#attempt(() => claims.drop(id));
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

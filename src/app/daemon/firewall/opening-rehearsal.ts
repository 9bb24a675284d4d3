import type { Lease } from '../../../core/lease/lease.ts';
import type { Firewall, Grant } from '../../../host/firewall/contract/firewall.ts';
import type { SerialQueue } from '../../../host/serial/serial-queue.ts';
import { OpeningQueue, type QueuedOpening } from './opening-queue.ts';

export type OpeningRehearsalParts = {
  /** The queue of firewall changes. */
  readonly turns: SerialQueue;
  /** The present firewall. `undefined`: none is in use. */
  readonly firewall: () => Firewall | undefined;
  readonly grantOf: (lease: Lease) => Grant;
};

/** Runs test openings through the real path up to the kernel, which rejects them: nothing changes. */
export class OpeningRehearsal {
  readonly #parts: OpeningRehearsalParts;
  readonly #queue = new OpeningQueue();

  constructor(parts: OpeningRehearsalParts) {
    this.#parts = parts;
  }

  /** Whether the firewall can reject an opening without side effects. */
  get isPossible(): boolean {
    return this.#parts.firewall()?.rehearse !== undefined;
  }

  rehearse(lease: Lease): Promise<void> {
    return this.#queue.ask(lease, (take) => {
      this.#queue.endBatch();
      return this.#parts.turns.take(() => this.#rehearseAll(take()));
    });
  }

  async #rehearseAll(batch: readonly QueuedOpening[]): Promise<void> {
    const firewall = this.#parts.firewall();
    if (firewall?.rehearse === undefined) return;
    for (const { lease } of batch) await firewall.rehearse(this.#parts.grantOf(lease));
  }
}

import type { Lease } from '../../../core/lease/lease.ts';
import type { Firewall, Grant } from '../../../host/firewall/contract/firewall.ts';
import type { SerialQueue } from '../../../host/serial/serial-queue.ts';
import { type AskedOpening, OpeningQueue } from './opening-queue.ts';

export type OpeningRehearsalParts = {
  /** In which the firewall is changed. */
  readonly turns: SerialQueue;
  /** The one in use; `undefined` where there is none, or none any more. */
  readonly firewall: () => Firewall | undefined;
  readonly grantOf: (lease: Lease) => Grant;
};

/** Takes openings that nobody asked for the way of real ones, up to the kernel, which refuses them: nothing changes. */
export class OpeningRehearsal {
  readonly #parts: OpeningRehearsalParts;
  readonly #queue = new OpeningQueue();

  constructor(parts: OpeningRehearsalParts) {
    this.#parts = parts;
  }

  /** Whether the firewall in use can be had to refuse an opening without a trace. */
  get isPossible(): boolean {
    return this.#parts.firewall()?.rehearse !== undefined;
  }

  rehearse(lease: Lease): Promise<void> {
    return this.#queue.ask(lease, (take) => {
      this.#queue.endBatch();
      return this.#parts.turns.take(() => this.#rehearseAll(take()));
    });
  }

  async #rehearseAll(batch: readonly AskedOpening[]): Promise<void> {
    const firewall = this.#parts.firewall();
    if (firewall?.rehearse === undefined) return;
    for (const { lease } of batch) await firewall.rehearse(this.#parts.grantOf(lease));
  }
}

import type { OpenOutcome } from '../../../core/lease/lease-effect.ts';

/** Unanswered requests to open. BOUNDED: by the leases. */
export class OpenTickets {
  readonly #asked = new Map<number, (outcome: OpenOutcome) => void>();
  #next = 0;

  issue(): { readonly ticket: number; readonly outcome: Promise<OpenOutcome> } {
    const ticket = this.#next++;
    const { promise, resolve } = Promise.withResolvers<OpenOutcome>();
    this.#asked.set(ticket, resolve);
    return { ticket, outcome: promise };
  }

  answer(ticket: number, outcome: OpenOutcome): void {
    this.#asked.get(ticket)?.(outcome);
    this.#asked.delete(ticket);
  }
}

import type { Millis } from '../../../core/net/time.ts';
import type { Grant } from '../../../host/firewall/contract/firewall.ts';

/** The longest delay of a Node.js timer. */
const MAX_TIMER_MS = 2_147_483_647;

/** Leases that are longer than the kernel counts are put in again, each long before the kernel ends it. */
export class LeaseRenewal {
  readonly #renew: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(renew: () => void) {
    this.#renew = renew;
  }

  /** `longest`: what the kernel counts. Does nothing where each grant ends within half of it. */
  schedule(grants: readonly Grant[], longest: Millis): void {
    if (this.#timer !== undefined || !grants.some(({ left }) => left > longest / 2)) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#renew();
      },
      Math.min(longest / 4, MAX_TIMER_MS),
    ).unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

import type { Millis } from '../../../core/net/time.ts';
import type { Grant } from '../../../host/firewall/contract/firewall.ts';

/** The longest delay of a Node.js timer. */
const MAX_TIMER_MS = 2_147_483_647;

/** Renews leases that are longer than the kernel can count, well before the kernel would end them. */
export class LeaseRenewal {
  readonly #renew: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(renew: () => void) {
    this.#renew = renew;
  }

  /** `longest`: the kernel's limit. Does nothing if every grant ends within half of it. */
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

import { lookupService } from 'node:dns/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Address } from '../../../core/net/address.ts';

const TIMEOUT_MS = 2000;
const MAX_PENDING = 64;
const MAX_NAMES = 4096;

/** Accepted form of a name server's answer, safe for a log line. */
const HOST_NAME = /^[A-Za-z0-9_.-]{1,255}$/;

/**
 * Looks up host names for the log, without delaying packets. BOUNDED: `MAX_NAMES` remembered, the oldest dropped first;
 * `MAX_PENDING` concurrent queries, beyond which a line is written without a name.
 */
export class NameLookup {
  readonly #names = new Map<Address, Promise<string | undefined>>();
  #pending = 0;

  /** The address's name, within two seconds; undefined if it is not looked up. */
  lookUp(address: Address): Promise<string | undefined> | undefined {
    const known = this.#names.get(address);
    if (known !== undefined) return known;
    if (this.#pending >= MAX_PENDING) return undefined;
    const name = this.#ask(address);
    const oldest = this.#names.keys().next();
    if (this.#names.size >= MAX_NAMES && !oldest.done) this.#names.delete(oldest.value);
    this.#names.set(address, name);
    return name;
  }

  async #ask(address: Address): Promise<string | undefined> {
    this.#pending++;
    const question = lookupService(address, 0).then(
      ({ hostname }) => hostname,
      () => undefined,
    );
    try {
      const name = await Promise.race([question, delay(TIMEOUT_MS, undefined, { ref: false })]);
      return name !== undefined && name !== address && HOST_NAME.test(name) ? name : undefined;
    } finally {
      // An abandoned query still occupies its thread.
      void question.finally(() => this.#pending--);
    }
  }
}

import { lookupService } from 'node:dns/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Address } from '../../../core/net/address.ts';

const TIMEOUT_MS = 2000;
const MAX_PENDING = 64;
const MAX_NAMES = 4096;

/** What a name server may say and a log line show. */
const HOST_NAME = /^[A-Za-z0-9_.-]{1,255}$/;

/**
 * Names of addresses for the log, asked for beside the packets' way.
 * BOUNDED: by `MAX_NAMES` remembered, the first forgotten; by `MAX_PENDING` questions at one time, beyond which a
 * line is written without a name.
 */
export class NameLookup {
  readonly #names = new Map<Address, Promise<string | undefined>>();
  #pending = 0;

  /** The address's name when it comes, within two seconds; undefined where it is not even asked for. */
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
      // A question that was given up still holds its thread.
      void question.finally(() => this.#pending--);
    }
  }
}

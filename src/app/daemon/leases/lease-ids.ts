import type { LeaseId } from '../../../core/lease/lease.ts';
import { randomBytes } from '../../../host/self/random-bytes.ts';

const ID_BYTES = 16;
/** Drawn at one time, because a system call takes longer than all the rest. */
const AT_ONCE = 16;

/** Names for leases, which no other lease on earth has. */
export class LeaseIds {
  #hex = draw();
  #at = 0;

  next(): LeaseId {
    if (this.#at === this.#hex.length) {
      this.#hex = draw();
      this.#at = 0;
    }
    const from = this.#at;
    this.#at += 2 * ID_BYTES;
    return this.#hex.slice(from, this.#at) as LeaseId;
  }
}

function draw(): string {
  return Buffer.from(randomBytes(AT_ONCE * ID_BYTES)).toString('hex');
}

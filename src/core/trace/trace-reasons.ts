import type { Said } from '../say/said.ts';
import type { Reason } from './explanation.ts';
import { DETAIL_MASK } from './trace-word.ts';

/** The shared number of all further reasons. */
const OTHER = DETAIL_MASK;

/** How many of the remembered reasons may be long. */
const LONG_REASONS = 40;

/** Numbers the reasons, so that one fits into a record. BOUNDED: 63 reasons; others share a number without text. */
export class TraceReasons {
  readonly #reasons: (Reason & { readonly reason: string })[] = [];

  /** `shortReason`: used instead if there are many reasons already. `why`: the reason by its kind. */
  number(reason: string, shortReason?: string, why?: Said): number {
    const known = this.#reasons.findIndex((one) => one.reason === reason);
    if (known >= 0) return known;
    if (shortReason !== undefined && shortReason !== reason && this.#reasons.length > LONG_REASONS) {
      return this.number(shortReason);
    }
    if (this.#reasons.length === OTHER) return OTHER;
    return this.#reasons.push({ reason, ...(why === undefined ? {} : { why }) }) - 1;
  }

  /** Empty: it was not kept. */
  reason(number: number): Reason {
    return this.#reasons[number] ?? {};
  }
}

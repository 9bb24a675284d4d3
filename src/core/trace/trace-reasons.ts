import { DETAIL_MASK } from './trace-word.ts';

/** The shared number of all further reasons. */
const OTHER = DETAIL_MASK;

/** How many of the remembered reasons may be long. */
const LONG_REASONS = 40;

/** Numbers the reasons, so that one fits into a record. BOUNDED: 63 reasons; others share a number without text. */
export class TraceReasons {
  readonly #reasons: string[] = [];

  /** `shortReason`: used instead if there are many reasons already. */
  number(reason: string, shortReason?: string): number {
    if (shortReason !== undefined && this.#reasons.length > LONG_REASONS && !this.#reasons.includes(reason)) {
      return this.number(shortReason);
    }
    const known = this.#reasons.indexOf(reason);
    if (known >= 0) return known;
    if (this.#reasons.length === OTHER) return OTHER;
    return this.#reasons.push(reason) - 1;
  }

  text(number: number): string | undefined {
    return this.#reasons[number];
  }
}

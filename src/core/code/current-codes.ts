import type { Ciphers } from '../cipher/ciphers.ts';
import { codeOf } from './totp.ts';

/** Steps before and after the current one whose codes are accepted: clocks differ, and typing takes time. */
export const WINDOW = 1;

/** The largest clock error, in steps, that is recognized and reported. */
export const SKEW_STEPS = 20;

/** The code's owner and its step. */
export type CodeMatch<Owner> = { readonly owner: Owner; readonly step: number };

/** The owner of a secret. */
export type Secret<Owner> = { readonly owner: Owner; readonly secret: Uint8Array };

/**
 * All codes valid at a moment, so that each guess costs one look-up per step. The codes of a step are computed at the
 * first guess in it: without guesses there is no work. BOUNDED: by three steps of all secrets.
 */
export class CurrentCodes<Owner> {
  readonly #ciphers: Ciphers;
  readonly #secrets: readonly Secret<Owner>[];
  readonly #steps = new Map<number, ReadonlyMap<number, readonly Owner[]>>();

  constructor(ciphers: Ciphers, secrets: readonly Secret<Owner>[]) {
    this.#ciphers = ciphers;
    this.#secrets = secrets;
  }

  get size(): number {
    return this.#secrets.length;
  }

  /** The owners of the code in the window around `step`, the newest first. A wrong code allocates nothing. */
  find(code: number, step: number): readonly CodeMatch<Owner>[] {
    let found = NONE as readonly CodeMatch<Owner>[];
    for (let one = step + WINDOW; one >= step - WINDOW; one--) {
      const owners = this.#codesOf(one, step).get(code);
      if (owners !== undefined) found = [...found, ...owners.map((owner) => ({ owner, step: one }))];
    }
    return found;
  }

  /** The nearby step at which it is a code of such an owner. Computes up to `2 * SKEW_STEPS` hashes per secret. */
  findSkewed(code: number, step: number, isMeant: (owner: Owner) => boolean): CodeMatch<Owner> | undefined {
    for (const { owner, secret } of this.#secrets) {
      if (!isMeant(owner)) continue;
      for (let off = WINDOW + 1; off <= SKEW_STEPS; off++)
        for (const one of [step - off, step + off])
          if (one >= 0 && Number(codeOf(this.#ciphers, secret, one)) === code) return { owner, step: one };
    }
    return undefined;
  }

  #codesOf(one: number, step: number): ReadonlyMap<number, readonly Owner[]> {
    const known = this.#steps.get(one);
    if (known !== undefined) return known;
    for (const other of this.#steps.keys()) if (Math.abs(other - step) > WINDOW) this.#steps.delete(other);
    const codes = new Map<number, Owner[]>();
    for (const { owner, secret } of one < 0 ? [] : this.#secrets) {
      const code = Number(codeOf(this.#ciphers, secret, one));
      const owners = codes.get(code);
      if (owners === undefined) codes.set(code, [owner]);
      else owners.push(owner);
    }
    this.#steps.set(one, codes);
    return codes;
  }
}

const NONE: readonly never[] = [];

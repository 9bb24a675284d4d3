import { type Address, type Family, familyOf } from '../../core/net/address.ts';

/**
 * Grants of single-use doors that this process has made: one whose element is gone before its time has been used, and
 * must not be good again because the rules are put in place anew. BOUNDED: by the grants that the caller keeps.
 */
export class UsedGrants {
  readonly #given = new Map<string, Map<Address, 'given' | 'used'>>();

  give(door: string, source: Address): void {
    const sources = this.#given.get(door) ?? new Map<Address, 'given' | 'used'>();
    this.#given.set(door, sources.set(source, 'given'));
  }

  forget(door: string, source: Address): void {
    this.#given.get(door)?.delete(source);
  }

  /** `left`: the elements of the door's set for one family, as the kernel has them. */
  observe(door: string, family: Family, left: ReadonlySet<Address>): void {
    const sources = this.#given.get(door);
    if (sources === undefined) return;
    for (const source of sources.keys()) {
      if (familyOf(source) === family && !left.has(source)) sources.set(source, 'used');
    }
  }

  isUsed(door: string, source: Address): boolean {
    return this.#given.get(door)?.get(source) === 'used';
  }

  /** Forgets all others. */
  keep(grants: readonly { readonly door: string; readonly source: Address }[]): void {
    const kept = grants.map((grant) => ({ ...grant, used: this.isUsed(grant.door, grant.source) }));
    this.#given.clear();
    for (const { door, source, used } of kept) {
      this.give(door, source);
      if (used) this.#given.get(door)?.set(source, 'used');
    }
  }
}

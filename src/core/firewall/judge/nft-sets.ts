import { type Json, list, record } from './json.ts';

/** The content of a ruleset's sets and maps, in the form of libnftables-json(5). */
export class NftSets {
  readonly #sets = new Map<string, Json>();
  readonly #filled = new Set<string>();

  add(set: Json): void {
    this.#sets.set(`${set.family} ${set.table} ${set.name}`, set);
  }

  /** A rule adds elements to it. */
  noteFilled(tableName: string, name: string): void {
    this.#filled.add(`${tableName} ${name}`);
  }

  isFilled(tableName: string, name: string): boolean {
    return this.#filled.has(`${tableName} ${name}`);
  }

  /** `undefined`: there is no such set. */
  elements(tableName: string, name: string): readonly unknown[] | undefined {
    const set = this.#sets.get(`${tableName} ${name}`);
    return set === undefined ? undefined : list(set.elem);
  }
}

/** Names of Bussa's own lease sets, in its own table and in others: a stranger has no lease. */
export function isLeaseSet(tableName: string, name: string): boolean {
  return tableName === 'inet bussa' ? name.startsWith('d_') : /^bussa_[a-z0-9_]+_[46]$/.test(name);
}

/** Without its timeout, counters and comment. */
export function plainElement(element: unknown): unknown {
  const wrapped = record(record(element)?.elem);
  return wrapped === undefined ? element : wrapped.val;
}

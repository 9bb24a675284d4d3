import { type Address, parseAddress } from '../../../core/net/address.ts';
import type { Nftables } from '../../ffi/libnftables.ts';

/** Objects of a listing, as in libnftables-json(5), with only the fields needed here. */
export type ListedChain = {
  readonly family: string;
  readonly table: string;
  readonly name: string;
  readonly hook?: string;
  readonly policy?: string;
};
export type ListedRule = {
  readonly chain: string;
  readonly handle: number;
  readonly expr: readonly Readonly<Record<string, unknown>>[];
};
export type ListedSet = {
  readonly family: string;
  readonly table: string;
  readonly name: string;
  readonly elem?: readonly unknown[];
};
export type Listed = {
  readonly table?: { readonly family: string; readonly name: string };
  readonly chain?: ListedChain;
  readonly rule?: ListedRule;
  readonly set?: ListedSet;
};

/** `list …` of nft(8). */
export function listObjects(nft: Nftables, what: string, { terse = true } = {}): Listed[] {
  const { nftables } = JSON.parse(nft.list(`list ${what}`, { terse })) as { readonly nftables: Listed[] };
  return nftables;
}

/** The names of all tables, in command form: `inet filter`. */
export function listTables(nft: Nftables): Set<string> {
  const tables = listObjects(nft, 'tables').flatMap(({ table }) => (table === undefined ? [] : [table]));
  return new Set(tables.map(({ family, name }) => `${family} ${name}`));
}

/** The full names of all sets: `inet bussa d_ssh_4`. */
export function listSetNames(nft: Nftables): Set<string> {
  const sets = listObjects(nft, 'sets').flatMap(({ set }) => (set === undefined ? [] : [set]));
  return new Set(sets.map(({ family, table, name }) => `${family} ${table} ${name}`));
}

/** The addresses in these sets, given by full name. */
export function listElements(nft: Nftables, sets: readonly string[]): Set<Address> {
  const elements = sets.flatMap((name) =>
    listObjects(nft, `set ${name}`, { terse: false }).flatMap(({ set }) => set?.elem ?? []),
  );
  const addresses = elements.map((element) => {
    const value = typeof element === 'string' ? element : (element as WrappedElement).elem?.val;
    return value === undefined ? undefined : parseAddress(value);
  });
  return new Set(addresses.filter((address) => address !== undefined));
}

/** The JSON form of an element with a timeout or a limit. */
type WrappedElement = { readonly elem?: { readonly val?: string } };

/** The chain that a rule jumps to. */
export function jumpTarget({ expr }: ListedRule): string | undefined {
  for (const statement of expr) {
    const verdict = (statement.jump ?? statement.goto) as { readonly target: string } | undefined;
    if (verdict !== undefined) return verdict.target;
  }
  return undefined;
}

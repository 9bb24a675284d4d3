import { type Address, familyOf } from '../net/address.ts';
import type { NftGrant } from './gate.ts';
import { setName } from './set-name.ts';
import { familiesOf, type OwnTable, renderTable } from './table.ts';
import { renderTimeout } from './timeout.ts';

export function renderElement(ownTable: OwnTable, { door, source, left }: NftGrant): string {
  return `add element ${elementSet(ownTable, door, source)} { ${source} timeout ${renderTimeout(left)} }`;
}

/** A change to one set: first the elements `out` are deleted, whether or not they exist, then `into` are added. */
export type SetChange = {
  readonly ownTable: OwnTable;
  readonly set: string;
  readonly out: readonly Address[];
  readonly into: readonly Pick<NftGrant, 'source' | 'left'>[];
};

/**
 * Opens grants, or changes their ends. An element keeps its first end, so it is deleted before. For several grants of
 * one source at one door the last one counts; an expired one is deleted.
 */
export function changesForGrants(ownTables: readonly OwnTable[], grants: readonly NftGrant[]): SetChange[] {
  const sets = new Map<string, { ownTable: OwnTable; set: string; bySource: Map<Address, NftGrant> }>();
  for (const grant of grants) {
    for (const ownTable of tablesFor(ownTables, grant.source)) {
      const name = elementSet(ownTable, grant.door, grant.source);
      const set = setName(ownTable.prefix, grant.door, familyOf(grant.source));
      const known = sets.get(name) ?? { ownTable, set, bySource: new Map() };
      known.bySource.set(grant.source, grant);
      sets.set(name, known);
    }
  }
  return [...sets.values()].map(({ ownTable, set, bySource }) => ({
    ownTable,
    set,
    out: [...bySource.keys()],
    into: [...bySource.values()].filter(({ left }) => left > 0).map(({ source, left }) => ({ source, left })),
  }));
}

export function changesForRevoke(ownTables: readonly OwnTable[], door: string, source: Address): SetChange[] {
  return tablesFor(ownTables, source).map((ownTable) => {
    const set = setName(ownTable.prefix, door, familyOf(source));
    return { ownTable, set, out: [source], into: [] };
  });
}

/** Fails if the element does not exist. */
export function renderGetElement(ownTable: OwnTable, door: string, source: Address): string {
  return `get element ${elementSet(ownTable, door, source)} { ${source} }`;
}

export function tablesFor(ownTables: readonly OwnTable[], source: Address): OwnTable[] {
  return ownTables.filter((ownTable) => familiesOf(ownTable).includes(familyOf(source)));
}

function elementSet(ownTable: OwnTable, door: string, source: Address): string {
  return `${renderTable(ownTable)} ${setName(ownTable.prefix, door, familyOf(source))}`;
}

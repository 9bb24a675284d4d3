import { type Address, type Family, familyOf } from '../net/address.ts';
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
  return [...groupGrants(grants)].flatMap(([key, bySource]) => {
    const family = key.startsWith('4') ? 4 : 6;
    const out = [...bySource.keys()];
    const live = [...bySource.values()].filter(({ left }) => left > 0);
    const into = live.map(({ source, left }) => ({ source, left }));
    return tablesOf(ownTables, family).map((ownTable) => ({
      ownTable,
      set: setName(ownTable.prefix, key.slice(1), family),
      out,
      into,
    }));
  });
}

/** By family and door; of each source the last one. */
function groupGrants(grants: readonly NftGrant[]): Map<string, Map<Address, NftGrant>> {
  const groups = new Map<string, Map<Address, NftGrant>>();
  for (const grant of grants) {
    const key = `${familyOf(grant.source)}${grant.door}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, new Map([[grant.source, grant]]));
    else group.set(grant.source, grant);
  }
  return groups;
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
  return tablesOf(ownTables, familyOf(source));
}

function tablesOf(ownTables: readonly OwnTable[], family: Family): OwnTable[] {
  return ownTables.filter((ownTable) => familiesOf(ownTable).includes(family));
}

function elementSet(ownTable: OwnTable, door: string, source: Address): string {
  return `${renderTable(ownTable)} ${setName(ownTable.prefix, door, familyOf(source))}`;
}

import { type Address, familyOf } from '../net/address.ts';
import type { NftGrant } from './gate.ts';
import { setName } from './set-name.ts';
import { familiesOf, type OwnTable, renderTable } from './table.ts';
import { renderTimeout } from './timeout.ts';

export function renderElement(home: OwnTable, { door, source, left }: NftGrant): string {
  return `add element ${elementSet(home, door, source)} { ${source} timeout ${renderTimeout(left)} }`;
}

/** A change to one set: first the elements `out` are deleted, whether or not they exist, then `into` are added. */
export type SetChange = {
  readonly home: OwnTable;
  readonly set: string;
  readonly out: readonly Address[];
  readonly into: readonly Pick<NftGrant, 'source' | 'left'>[];
};

/**
 * Opens grants, or changes their ends. An element keeps its first end, so it is deleted before. For several grants of
 * one source at one door the last one counts; an expired one is deleted.
 */
export function changesForGrants(homes: readonly OwnTable[], grants: readonly NftGrant[]): SetChange[] {
  const sets = new Map<string, { home: OwnTable; set: string; bySource: Map<Address, NftGrant> }>();
  for (const grant of grants) {
    for (const home of tablesFor(homes, grant.source)) {
      const name = elementSet(home, grant.door, grant.source);
      const set = setName(home.prefix, grant.door, familyOf(grant.source));
      const known = sets.get(name) ?? { home, set, bySource: new Map() };
      known.bySource.set(grant.source, grant);
      sets.set(name, known);
    }
  }
  return [...sets.values()].map(({ home, set, bySource }) => ({
    home,
    set,
    out: [...bySource.keys()],
    into: [...bySource.values()].filter(({ left }) => left > 0).map(({ source, left }) => ({ source, left })),
  }));
}

export function changesForRevoke(homes: readonly OwnTable[], door: string, source: Address): SetChange[] {
  return tablesFor(homes, source).map((home) => {
    const set = setName(home.prefix, door, familyOf(source));
    return { home, set, out: [source], into: [] };
  });
}

/** Fails if the element does not exist. */
export function renderGetElement(home: OwnTable, door: string, source: Address): string {
  return `get element ${elementSet(home, door, source)} { ${source} }`;
}

export function tablesFor(homes: readonly OwnTable[], source: Address): OwnTable[] {
  return homes.filter((home) => familiesOf(home).includes(familyOf(source)));
}

function elementSet(home: OwnTable, door: string, source: Address): string {
  return `${renderTable(home)} ${setName(home.prefix, door, familyOf(source))}`;
}

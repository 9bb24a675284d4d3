import { type Address, familyOf } from '../net/address.ts';
import type { NftGrant } from './gate.ts';
import { familiesOf, type Home, renderHome } from './home.ts';
import { setName } from './set-name.ts';
import { renderTimeout } from './timeout.ts';

export function renderElement(home: Home, { door, source, left }: NftGrant): string {
  return `add element ${elementSet(home, door, source)} { ${source} timeout ${renderTimeout(left)} }`;
}

/**
 * Opens, or sets the end anew: an element keeps its first end, so it is taken out before. Of several for one source at
 * one door the last counts; one that is over is taken out.
 */
export function renderGrants(homes: readonly Home[], grants: readonly NftGrant[]): string[] {
  return [...bySet(homes, grants)].flatMap(([set, sources]) => [
    ...takeOut(set, [...sources.keys()]),
    ...putIn(set, [...sources.values()]),
  ]);
}

export function renderRevoke(homes: readonly Home[], door: string, source: Address): string[] {
  return homesFor(homes, source).flatMap((home) => takeOut(elementSet(home, door, source), [source]));
}

/** Fails where the element is not there. */
export function renderLook(home: Home, door: string, source: Address): string {
  return `get element ${elementSet(home, door, source)} { ${source} }`;
}

function bySet(homes: readonly Home[], grants: readonly NftGrant[]): Map<string, Map<Address, NftGrant>> {
  const sets = new Map<string, Map<Address, NftGrant>>();
  for (const grant of grants) {
    for (const home of homesFor(homes, grant.source)) {
      const name = elementSet(home, grant.door, grant.source);
      const sources = sets.get(name) ?? new Map<Address, NftGrant>();
      sets.set(name, sources.set(grant.source, grant));
    }
  }
  return sets;
}

function putIn(set: string, grants: readonly NftGrant[]): string[] {
  const live = grants.filter(({ left }) => left > 0);
  const elements = live.map(({ source, left }) => `${source} timeout ${renderTimeout(left)}`);
  return elements.length === 0 ? [] : [`add element ${set} { ${elements.join(', ')} }`];
}

export function homesFor(homes: readonly Home[], source: Address): Home[] {
  return homes.filter((home) => familiesOf(home).includes(familyOf(source)));
}

/** Whether or not it is there: one that is not cannot be deleted, and nft(8) before 1.0.8 has no `destroy`. */
function takeOut(set: string, sources: readonly Address[]): string[] {
  const present = sources.map((source) => `${source} timeout 1s`);
  return [`add element ${set} { ${present.join(', ')} }`, `delete element ${set} { ${sources.join(', ')} }`];
}

function elementSet(home: Home, door: string, source: Address): string {
  return `${renderHome(home)} ${setName(home.prefix, door, familyOf(source))}`;
}

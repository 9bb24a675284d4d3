import { type Address, familyOf } from '../net/address.ts';
import type { NftGrant } from './gate.ts';
import { familiesOf, type Home, renderHome } from './home.ts';
import { setName } from './set-name.ts';
import { renderTimeout } from './timeout.ts';

export function renderElement(home: Home, { door, source, left }: NftGrant): string {
  return `add element ${elementSet(home, door, source)} { ${source} timeout ${renderTimeout(left)} }`;
}

/** Opens, or sets the end anew: an element keeps its first end, so it is taken out before. */
export function renderGrant(homes: readonly Home[], grant: NftGrant): string[] {
  return homesFor(homes, grant.source).flatMap((home) => [
    ...takeOut(home, grant.door, grant.source),
    renderElement(home, grant),
  ]);
}

export function renderRevoke(homes: readonly Home[], door: string, source: Address): string[] {
  return homesFor(homes, source).flatMap((home) => takeOut(home, door, source));
}

export function homesFor(homes: readonly Home[], source: Address): Home[] {
  return homes.filter((home) => familiesOf(home).includes(familyOf(source)));
}

/** Whether or not it is there: one that is not cannot be deleted, and nft(8) before 1.0.8 has no `destroy`. */
function takeOut(home: Home, door: string, source: Address): string[] {
  const set = elementSet(home, door, source);
  return [`add element ${set} { ${source} timeout 1s }`, `delete element ${set} { ${source} }`];
}

function elementSet(home: Home, door: string, source: Address): string {
  return `${renderHome(home)} ${setName(home.prefix, door, familyOf(source))}`;
}

import { type Address, type Family, familyOf } from '../net/address.ts';
import { type Prefix, prefixAround, renderPrefix } from '../net/prefix.ts';

/** Who may knock. A denied source may not, even if it is allowed. Without an allow list, all others may. */
export type Admission = { readonly allow?: readonly Prefix[]; readonly deny?: readonly Prefix[] };

export type Admits = (source: Address) => boolean;

/** The cost per source grows with the number of different prefix lengths, not of prefixes. */
export function compileAdmission({ allow = [], deny = [] }: Admission): Admits {
  if (allow.length === 0 && deny.length === 0) return () => true;
  const isDenied = compilePrefixes(deny);
  const isAllowed = allow.length === 0 ? () => true : compilePrefixes(allow);
  return (source) => !isDenied(source) && isAllowed(source);
}

export function sameAdmission(a: Admission, b: Admission): boolean {
  return renderAdmission(a) === renderAdmission(b);
}

/** The same text for the same prefixes in any order. */
export function renderAdmission({ allow = [], deny = [] }: Admission): string {
  const list = (prefixes: readonly Prefix[]): string =>
    [...new Set(prefixes.map(renderPrefix))].toSorted().join(',');
  return `allow ${list(allow)} deny ${list(deny)}`;
}

function compilePrefixes(prefixes: readonly Prefix[]): Admits {
  const bases: Record<Family, Map<number, Set<Address>>> = { 4: new Map(), 6: new Map() };
  for (const { base, length } of prefixes) {
    const ofFamily = bases[familyOf(base)];
    const ofLength = ofFamily.get(length) ?? new Set();
    ofFamily.set(length, ofLength.add(base));
  }
  return (source) =>
    bases[familyOf(source)]
      .entries()
      .some(([length, ofLength]) => ofLength.has(prefixAround(source, length).base));
}

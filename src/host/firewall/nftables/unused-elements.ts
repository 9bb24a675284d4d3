import { type Address, familyOf } from '../../../core/net/address.ts';
import { setName } from '../../../core/nft/set-name.ts';
import { ATTACHED_PREFIX, OWN_TABLE, renderTable } from '../../../core/nft/table.ts';
import type { Nftables } from '../../ffi/libnftables.ts';
import type { Gate, Grant } from '../contract/firewall.ts';
import { listElements, listSetNames } from '../ruleset/nft-listing.ts';

/** `unknown`: the sets that would tell do not exist. */
type Use = 'unused' | 'used' | 'unknown';

/**
 * Which grants of single-use gates are unused, by the present elements of Bussa's sets in all tables. A rule deletes an
 * element when it lets its source in; any of the tables may have done so.
 */
export function readUses(
  nft: Nftables,
  gates: readonly Gate[],
  grants: readonly Grant[],
): ReadonlyMap<Grant, Use> {
  const uses = new Map<Grant, Use>();
  const doors = new Set(gates.filter(({ singleUse }) => singleUse).map(({ door }) => door));
  const single = grants.filter(({ door }) => doors.has(door));
  if (single.length === 0) return uses;
  const names = listSetNames(nft);
  const bySet = Map.groupBy(single, ({ door, source }) => `${familyOf(source)} ${door}`);
  for (const own of bySet.values()) {
    const sets = setsOf(own[0] as Grant, names).map((name) => listElements(nft, [name]));
    for (const grant of own) uses.set(grant, useOf(grant, sets));
  }
  return uses;
}

function useOf({ source }: Grant, sets: readonly ReadonlySet<Address>[]): Use {
  if (sets.length === 0) return 'unknown';
  return sets.every((set) => set.has(source)) ? 'unused' : 'used';
}

function setsOf({ door, source }: Grant, names: ReadonlySet<string>): string[] {
  const own = `${renderTable(OWN_TABLE)} ${setName(OWN_TABLE.prefix, door, familyOf(source))}`;
  const attached = ` ${setName(ATTACHED_PREFIX, door, familyOf(source))}`;
  return [...names].filter((name) => name === own || name.endsWith(attached));
}

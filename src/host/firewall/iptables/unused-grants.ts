import { doorSet } from '../../../core/iptables/part-names.ts';
import { type Address, familyOf } from '../../../core/net/address.ts';
import type { Gate, Grant } from '../contract/firewall.ts';
import { recentLists } from './recent-lists.ts';

/**
 * Of the grants of single-use gates, only those whose source is listed as unused; `unknown`: those whose list is gone.
 * Nothing is added again: rules that stay in place keep their list, so replacing them loses nothing.
 */
export function readUnused(
  gates: readonly Gate[],
  grants: readonly Grant[],
): { readonly own: readonly Grant[]; readonly unknown: readonly Grant[] } {
  const single = new Map(gates.filter((gate) => gate.singleUse).map((gate) => [gate.door, gate]));
  const lists = new Map<string, ReadonlySet<Address> | undefined>();
  const listed = (grant: Grant): ReadonlySet<Address> | undefined => {
    const name = listOf(single.get(grant.door) ?? grant, grant.source);
    if (!lists.has(name)) lists.set(name, recentLists.read(name));
    return lists.get(name);
  };
  return {
    own: grants.filter((grant) => !single.has(grant.door) || listed(grant)?.has(grant.source) === true),
    unknown: grants.filter((grant) => single.has(grant.door) && listed(grant) === undefined),
  };
}

/** The list of a door's unused leases. */
export function listOf(gate: Pick<Gate, 'door' | 'prefix6'>, source: Address): string {
  return doorSet(gate.door, familyOf(source), gate.prefix6);
}

import { familyOf } from '../../../core/net/address.ts';
import type { Grant } from './firewall.ts';

/** BOUNDED: so many of a set's leases are looked for; where not one of them is there, somebody has flushed the set. */
const LOOKED_FOR = 16;

/** What ends within this time may be over in the kernel already, which counts from its own beginning. */
const NEAR_END_MS = 3000;

/** Whether all leases of some door and family are gone from the kernel before their time. */
export function areLeasesLost(live: readonly Grant[], isThere: (grant: Grant) => boolean): boolean {
  const sets = Map.groupBy(
    live.filter(({ left }) => left > NEAR_END_MS),
    ({ door, source }) => `${familyOf(source)} ${door}`,
  );
  return [...sets.values()].some((grants) => !grants.slice(0, LOOKED_FOR).some(isThere));
}

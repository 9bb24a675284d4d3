import { familyOf } from '../../../core/net/address.ts';
import type { Grant } from './firewall.ts';

/** BOUNDED: number of a set's leases looked up. If none of them exists, the set was flushed. */
const LOOKED_FOR = 16;

/** A lease that ends within this time may have ended already by the kernel's own count. */
const NEAR_END_MS = 3000;

/** Whether all leases of some door and family disappeared from the kernel before their time. */
export function areLeasesLost(live: readonly Grant[], isThere: (grant: Grant) => boolean): boolean {
  const sets = Map.groupBy(
    live.filter(({ left }) => left > NEAR_END_MS),
    ({ door, source }) => `${familyOf(source)} ${door}`,
  );
  return [...sets.values()].some((grants) => !grants.slice(0, LOOKED_FOR).some(isThere));
}

import type { Family } from '../../../core/net/address.ts';
import type { Millis } from '../../../core/net/time.ts';
import { ExhaustedError, FirewallError } from '../contract/firewall.ts';
import { hasTimeMatch } from './has-time-match.ts';
import { LeaseRules } from './lease-rules.ts';
import { LeaseSets } from './lease-sets.ts';
import type { LeaseStorage } from './lease-storage.ts';

export type LeasePlaceOptions = {
  /** `false`: store leases as rules even if ipset is available. */
  readonly ipset?: boolean;
  /** `false`: use rules that only Bussa ends, even if the `time` match is available. */
  readonly time?: boolean;
};

/** `whyRules`: why the leases are not in sets. */
type Place = { readonly place: LeaseStorage; readonly whyRules?: string };

/** Kernel sets, whose elements end by themselves; otherwise rules that end by the wall clock; otherwise plain rules. */
export function openLeaseStorage(
  families: readonly Family[],
  { ipset = true, time = true, longest }: LeasePlaceOptions & { readonly longest: Millis },
): Place {
  const rules = (whyRules: string): Place => {
    return { place: new LeaseRules(time && families.every(hasTimeMatch)), whyRules };
  };
  if (!ipset) return rules('as configured');
  try {
    return { place: LeaseSets.open(families, longest) };
  } catch (error) {
    if (!(error instanceof FirewallError) || error instanceof ExhaustedError) throw error;
    return rules(error.message);
  }
}

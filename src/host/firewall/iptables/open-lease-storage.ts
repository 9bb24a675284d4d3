import type { Family } from '../../../core/net/address.ts';
import type { Millis } from '../../../core/net/time.ts';
import { ExhaustedError, FirewallError } from '../contract/firewall.ts';
import { hasTimeMatch } from './has-time-match.ts';
import { LeaseRules } from './lease-rules.ts';
import { LeaseSets } from './lease-sets.ts';
import type { LeaseStorage } from './lease-storage.ts';

export type LeasePlaceOptions = {
  /** `false`: leases as rules even where there is ipset. */
  readonly ipset?: boolean;
  /** `false`: rules that only Bussa ends, even where there is the match `time`. */
  readonly time?: boolean;
};

/** `whyRules`: why they are not in sets. */
type Place = { readonly place: LeaseStorage; readonly whyRules?: string };

/** The kernel's sets, whose elements end by themselves; else rules that end by the wall clock; else rules. */
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

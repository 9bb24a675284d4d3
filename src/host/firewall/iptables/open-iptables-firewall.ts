import type { IptablesVariant } from '../../../core/firewall/choose-firewall.ts';
import { MAX_TIMEOUT } from '../../../core/iptables/ipset-limits.ts';
import type { Family } from '../../../core/net/address.ts';
import { type Millis, millis, seconds } from '../../../core/net/time.ts';
import { ExhaustedError, FirewallError } from '../contract/firewall.ts';
import { FamilyRules } from './family-rules.ts';
import { IptablesFirewall } from './iptables-firewall.ts';
import type { LeaseStorage } from './lease-storage.ts';
import { type LeasePlaceOptions, openLeaseStorage } from './open-lease-storage.ts';

export type IptablesOptions = LeasePlaceOptions & {
  readonly variant?: IptablesVariant;
  /** The longest timeout of ipset. */
  readonly longest?: Millis;
  /** Interval of checks for changes that the kernel does not report. */
  readonly lookEvery?: Millis;
};

const LOOK_EVERY = seconds(30);
const FOR_EVER = millis(Number.POSITIVE_INFINITY);

/**
 * The firewall of hosts with iptables and ip6tables, each family separately: if one is missing, only its grants fail.
 * Throws a `FirewallError` if both are missing.
 */
export async function openIptablesFirewall(options: IptablesOptions = {}): Promise<IptablesFirewall> {
  const variant = options.variant ?? 'iptables';
  const tables = new Map<Family, FamilyRules>();
  const missing = new Map<Family, string>();
  for (const family of [4, 6] as const) {
    const rules = new FamilyRules(family, variant);
    try {
      await rules.read();
      tables.set(family, rules);
    } catch (error) {
      if (error instanceof ExhaustedError) throw error;
      missing.set(family, (error as Error).message);
    }
  }
  if (tables.size === 0) {
    const why = [...missing.values()].join('; ');
    const remedy = /permission denied|not permitted|you must be root/i.test(why)
      ? 'run it as root, or grant the capability cap_net_admin'
      : 'install it, or set firewall = nftables';
    throw new FirewallError(`iptables cannot be used: ${why}: ${remedy}`);
  }
  const longest = options.longest ?? MAX_TIMEOUT;
  const { place, whyRules } = openLeaseStorage([...tables.keys()], { ...options, longest });
  return new IptablesFirewall(tables, missing, place, {
    name: renderName(variant, missing, place, whyRules),
    lookEvery: options.lookEvery ?? LOOK_EVERY,
    // A rule stays until it is removed.
    longest: place.keeping === 'sets' ? longest : FOR_EVER,
  });
}

function renderName(
  variant: IptablesVariant,
  missing: ReadonlyMap<Family, string>,
  { endsByItself }: LeaseStorage,
  whyRules: string | undefined,
): string {
  const who = endsByItself ? 'the kernel ends by the wall clock' : 'only Bussa ends';
  const leases =
    whyRules === undefined ? 'leases in ipset' : `leases as rules, which ${who} (no ipset: ${whyRules})`;
  const lacking = [...missing].map(([family, why]) => `; not for IPv${family} (${why})`);
  return `${variant}, chain BUSSA before the rules of INPUT, ${leases}${lacking.join('')}`;
}
